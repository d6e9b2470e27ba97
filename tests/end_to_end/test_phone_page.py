"""The page `/demo/phone` in a real browser: its microphone is heard, and the sample call plays without one."""

import asyncio
import wave
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from conftest import CHROMIUM, CHROMIUM_ARGUMENTS
from playwright.sync_api import Page, sync_playwright
from ringing import in_own_loop
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from operation.instance import Instance
from voice.rehearsal.voices import say

GREETING_SECONDS = 16


@pytest.fixture
def page_with_microphone(tmp_path: Path) -> Iterator[Page]:
    """A browser whose microphone plays a question after the greeting."""
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine: tests in the browser are skipped (apt install chromium)")
    sound = tmp_path / "microphone.wav"
    with wave.open(str(sound), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        question = say("de+m3", "wie hoch ist der regelbedarf")
        file.writeframes(bytes(16000 * GREETING_SECONDS) + question + bytes(16000 * 40))
    arguments = [
        *CHROMIUM_ARGUMENTS, "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-audio-capture={sound}%noloop",
    ]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        context = browser.new_context(locale="de-DE", permissions=["microphone"])
        page = context.new_page()
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        yield page
        browser.close()
        assert not errors, errors


def test_what_is_said_into_the_microphone_is_answered(system: Instance, page_with_microphone: Page) -> None:
    page = page_with_microphone
    page.goto(f"{system.base_url}/demo/phone")
    page.get_by_role("button", name="Anrufen").click()
    page.get_by_text("Jobcenter Musterkreis").nth(1).wait_for(timeout=30_000)
    page.get_by_text("regelbedarf").first.wait_for(timeout=60_000)
    page.get_by_text("563").first.wait_for(timeout=30_000)
    page.get_by_role("button", name="Auflegen").click()
    page.get_by_role("button", name="Anrufen").wait_for(timeout=10_000)


def test_a_sample_call_plays_without_a_microphone_and_the_page_is_accessible(
    system: Instance, browser_page: Page
) -> None:
    browser_page.goto(f"{system.base_url}/demo/phone")
    assert Axe().run(browser_page).violations_count == 0
    browser_page.get_by_role("button", name="Beispielanruf").click()
    browser_page.get_by_text("termin zur beratung").wait_for(timeout=60_000)
    browser_page.get_by_role("button", name="Auflegen").click()


def test_the_socket_behind_the_page_wants_its_token(system: Instance) -> None:
    async def knock() -> int | None:
        address = f"{system.base_url.replace('http', 'ws')}/voice/stream?dialect=browser&token=1.2"
        async with connect(address, proxy=None, additional_headers={"X-Forwarded-For": "192.0.2.7"}) as socket:
            try:
                while True:
                    await asyncio.wait_for(socket.recv(), 10)
            except ConnectionClosed as closed:
                return closed.rcvd.code if closed.rcvd else None

    assert in_own_loop(knock()) == 4401
