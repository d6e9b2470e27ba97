"""The page behind the link of a confirmation: in a real browser without JavaScript, against the running system."""

from typing import Any

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect


@pytest.fixture
def booked(base_url: str) -> dict[str, Any]:
    """An appointment at the first free time of the smallest site."""
    with httpx.Client(base_url=f"{base_url}/api/v1", trust_env=False, timeout=20) as client:
        slots = client.get("/appointments/slots", params={"service": "unterlagen", "site": "beispielheim"}).json()
        answer = client.post(
            "/appointments",
            json={
                "service": "unterlagen",
                "site": "beispielheim",
                "starts_at": slots[0]["starts_at"],
                "name": "Amina Beispiel",
                "contact": f"seite-{slots[0]['starts_at'][:19].replace(':', '-')}@beispiel.example",
            },
        )
        answer.raise_for_status()
        return answer.json()


def address_of(base_url: str, booked: dict[str, Any]) -> str:
    return f"{base_url}/termin/{booked['id']}?token={booked['token']}"


def test_an_appointment_is_moved_and_cancelled_without_javascript(
    browser: Browser, base_url: str, booked: dict[str, Any]
) -> None:
    context = browser.new_context(java_script_enabled=False, locale="de-DE")
    page = context.new_page()
    page.goto(address_of(base_url, booked))
    expect(page.get_by_text("Amina Beispiel")).to_be_visible()
    page.get_by_role("link", name="Termin verschieben").click()
    page.get_by_label("Ort").select_option(label="Jobcenter Musterstadt")
    page.get_by_role("button", name="Zeiten zeigen").click()
    expect(page.get_by_role("heading", name="Freie Zeiten: Jobcenter Musterstadt")).to_be_visible()
    page.get_by_role("radio").last.check()
    page.get_by_role("button", name="Auf diese Zeit verschieben").click()
    expect(page.get_by_text("Ihr Termin ist verschoben.")).to_be_visible()
    expect(page.get_by_text("Rathausplatz 1, 99001 Musterstadt")).to_be_visible()
    page.get_by_role("button", name="Termin absagen").click()
    expect(page.get_by_role("heading", name="Ihr Termin ist abgesagt")).to_be_visible()
    context.close()


@pytest.mark.parametrize("colors", ["light", "dark"])
def test_a_checker_finds_no_barrier_on_an_appointments_pages(
    browser: Browser, base_url: str, booked: dict[str, Any], colors: Any
) -> None:
    context = browser.new_context(color_scheme=colors, viewport={"width": 320, "height": 640}, locale="de-DE")
    page = context.new_page()
    page.goto(address_of(base_url, booked))
    check(page)
    page.get_by_role("link", name="Termin verschieben").click()
    check(page)
    page.get_by_role("link", name="Zurück, nichts ändern").click()
    page.get_by_role("button", name="Termin absagen").click()
    check(page)
    page.goto(f"{base_url}/termin/{booked['id']}?token=falsch")
    check(page)
    context.close()


def check(page: Page) -> None:
    result = Axe().run(page)
    assert result.violations_count == 0, result.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
