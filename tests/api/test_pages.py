"""Citizens' pages: security headers, the example municipality, and an appointment's own page without any script."""

import json
import re
from datetime import datetime
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.clock import BERLIN
from api.languages.catalog import EASY, GERMAN, NAMES
from api.settings import ROOT

MONDAY = datetime(2026, 11, 23, 9, 30, tzinfo=BERLIN)


@pytest.fixture(autouse=True)
def monday_morning(at: Any) -> None:
    at(MONDAY)


@pytest.fixture
def booked(client: TestClient) -> dict[str, Any]:
    """An appointment on Tuesday, with more personal data than its page may show."""
    answer = client.post(
        "/api/v1/appointments",
        json={
            "service": "leistungsberatung",
            "site": "musterstadt",
            "starts_at": "2026-11-24T10:00:00+01:00",
            "name": "Amina <b>Beispiel</b>",
            "contact": "amina@beispiel.example",
            "concern": "Frage zum Bescheid vom Oktober",
        },
    )
    assert answer.status_code == 201, answer.text
    return answer.json()


def state_of(client: TestClient, booked: dict[str, Any]) -> dict[str, Any]:
    answer = client.get(f"/api/v1/appointments/{booked['id']}", params={"token": booked["token"]})
    assert answer.status_code == 200
    return answer.json()


def page_of(client: TestClient, booked: dict[str, Any], **more: str) -> str:
    answer = client.get(f"/termin/{booked['id']}", params={"token": booked["token"], **more})
    assert answer.status_code == 200
    return answer.text


def offered_times(page: str) -> list[str]:
    return re.findall(r'name="starts_at" value="([^"]+)"', page)


# --- Pages of the municipality ----------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/impressum", "/datenschutz", "/barrierefreiheit"])
def test_every_page_says_that_it_is_an_example_and_runs_only_scripts_of_its_own(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    assert "Den Musterkreis gibt es nicht." in answer.text
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert not re.search(r"<script(?![^>]*src=)|\son\w+=|style=", answer.text)
    assert not re.findall(r'<[a-z][^>]*\s(?:src|href)="https?://', answer.text)


def test_the_start_page_shows_the_tenants_services_and_hours_and_two_lines_to_embed_the_chat(
    client: TestClient,
) -> None:
    page = client.get("/").text
    assert "Antrag stellen (Erstgespräch)" in page
    assert "Mittwoch: 13 bis 17 Uhr" in page
    assert "Donnerstag, 24. Dezember 2026: Heiligabend" in page
    assert '<lotse-chat tenant="musterkreis"></lotse-chat>' in page
    assert "&lt;lotse-chat tenant=&#34;musterkreis&#34;" in page or '&lt;lotse-chat tenant="musterkreis"' in page


def test_a_page_of_an_unknown_tenant_is_not_found(client: TestClient) -> None:
    assert client.get("/", params={"tenant": "nirgendwo"}).status_code == 404


def test_only_the_named_files_are_served(client: TestClient) -> None:
    assert client.get("/pages/site.css").headers["content-type"].startswith("text/css")
    for name in ("widget.js", "routes.py", "..%2froutes.py", "%2e%2e/routes.py"):
        assert client.get(f"/pages/{name}").status_code == 404


def test_a_browser_that_has_the_script_does_not_load_it_again(client: TestClient) -> None:
    first = client.get("/widget.js")
    again = client.get("/widget.js", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304
    assert again.content == b""


# --- The chat's words in other languages ------------------------------------------------------------------------

STATIC = ROOT / "api" / "pages" / "static"
OTHERS = [language for language in NAMES if language != GERMAN]


def words_in(text: str, indent: int) -> set[str]:
    return set(re.findall(rf"^ {{{indent}}}(\w+):(?: |$)", text, flags=re.MULTILINE))


def german_words() -> set[str]:
    widget = (STATIC / "widget.js").read_text()
    found = re.search(r"^  const GERMAN = \{$(.*?)^  \};$", widget, re.MULTILINE | re.DOTALL)
    assert found is not None
    return words_in(found[1], 4)


def test_the_chat_has_words_for_every_language_of_a_conversation() -> None:
    assert {path.stem for path in (STATIC / "languages").glob("*.js")} == set(OTHERS)
    offered = re.search(r"const LANGUAGES = (\{.*?\});", (STATIC / "widget.js").read_text(), re.DOTALL)
    assert offered is not None
    named = re.findall(r'^ {4}"?([\w-]+)"?: "(.+)",$', offered[1], flags=re.MULTILINE)
    assert dict(named) == NAMES


@pytest.mark.parametrize("language", OTHERS)
def test_every_word_is_translated_and_none_is_left_over(language: str) -> None:
    there = words_in((STATIC / "languages" / f"{language}.js").read_text(), 2)
    assert there - german_words() == set()
    assert language == EASY or german_words() - there == set()


@pytest.mark.parametrize("language", OTHERS)
def test_words_are_light_and_kept_for_good_by_an_address_that_names_their_version(
    client: TestClient, language: str
) -> None:
    first = client.get(f"/widget/{language}.js")
    assert first.headers["content-type"].startswith("text/javascript")
    assert first.headers["cache-control"] == "public, max-age=300"
    assert "// " not in first.text and len(first.content) < 6_000
    version = json.loads(re.findall(r"const VERSIONS=(\{.*?\});", client.get("/widget.js").text)[0])[language]
    kept = client.get(f"/widget/{language}.js", params={"v": version})
    assert "immutable" in kept.headers["cache-control"]
    outdated = client.get(f"/widget/{language}.js", params={"v": "0000"})
    assert "immutable" not in outdated.headers["cache-control"]
    known = client.get(f"/widget/{language}.js", headers={"If-None-Match": first.headers["etag"]})
    assert (known.status_code, known.content) == (304, b"")


@pytest.mark.parametrize("name", ["de.js", "xx.js", "..%2fwidget.js", "uk"])
def test_there_are_no_words_for_other_names(client: TestClient, name: str) -> None:
    assert client.get(f"/widget/{name}").status_code == 404


def test_another_site_may_load_the_words_and_choose_a_language(client: TestClient) -> None:
    site = {"Origin": "https://www.kreis.example"}
    assert client.get("/widget/uk.js", headers=site).headers["access-control-allow-origin"] == "*"
    asked = {**site, "Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "authorization"}
    assert client.options("/api/v1/conversations/x/language", headers=asked).status_code == 200


def test_the_demo_page_begins_in_the_language_of_its_address(client: TestClient) -> None:
    assert '<lotse-chat tenant="musterkreis" language="uk"></lotse-chat>' in client.get("/?language=uk").text
    assert '<lotse-chat tenant="musterkreis"></lotse-chat>' in client.get('/?language="><script>').text
    assert '<lotse-chat tenant="musterkreis"></lotse-chat>' in client.get("/datenschutz").text


# --- An appointment's own page ----------------------------------------------------------------------------------


def test_the_page_shows_name_service_place_and_time_and_nothing_else_that_was_told(
    client: TestClient, booked: dict[str, Any]
) -> None:
    page = page_of(client, booked)
    assert "Amina &lt;b&gt;Beispiel&lt;/b&gt;" in page
    assert "Beratung zu Bescheid und Geld" in page
    assert "Rathausplatz 1" in page
    assert "Dienstag, 24. November 2026, 10:00 Uhr" in page
    assert "amina@beispiel.example" not in page
    assert "Oktober" not in page


def test_the_page_needs_no_script_and_its_key_goes_nowhere(client: TestClient, booked: dict[str, Any]) -> None:
    answer = client.get(f"/termin/{booked['id']}", params={"token": booked["token"]})
    assert "<script" not in answer.text
    assert "script-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-robots-tag"] == "noindex"


@pytest.mark.parametrize("token", ["", "falsch"])
def test_without_its_key_an_appointment_stays_closed(client: TestClient, booked: dict[str, Any], token: str) -> None:
    for path in ("", "/verschieben"):
        answer = client.get(f"/termin/{booked['id']}{path}", params={"token": token})
        assert answer.status_code in {401, 403}
        assert "Amina" not in answer.text
    for path in ("/absagen", "/verschieben"):
        assert client.post(f"/termin/{booked['id']}{path}", data={"token": token}).status_code in {401, 403}
    assert state_of(client, booked)["status"] == "booked"


def test_looking_at_a_link_cancels_nothing(client: TestClient, booked: dict[str, Any]) -> None:
    page = page_of(client, booked)
    for address in re.findall(r'href="(/termin/[^"]+)"', page):
        client.get(address.replace("&amp;", "&"))
    assert client.get(f"/termin/{booked['id']}/absagen", params={"token": booked["token"]}).status_code == 405
    assert state_of(client, booked)["status"] == "booked"


def test_cancelling_by_the_form_cancels_and_says_so(client: TestClient, booked: dict[str, Any]) -> None:
    for _ in range(2):  # a second press changes nothing
        answer = client.post(f"/termin/{booked['id']}/absagen", data={"token": booked["token"]})
        assert answer.status_code == 200
        assert "Sie haben den Termin abgesagt." in answer.text
    assert state_of(client, booked)["status"] == "cancelled"
    assert "Termin verschieben" not in page_of(client, booked)


def test_the_page_claims_no_cancellation_that_did_not_happen(client: TestClient, booked: dict[str, Any]) -> None:
    assert "abgesagt" not in page_of(client, booked, done="abgesagt")


def test_moving_by_the_form_takes_the_chosen_time(client: TestClient, booked: dict[str, Any]) -> None:
    list_page = client.get(f"/termin/{booked['id']}/verschieben", params={"token": booked["token"]}).text
    times = offered_times(list_page)
    assert times
    assert "2026-11-24T09:00:00+00:00" not in times  # the time it has now
    answer = client.post(
        f"/termin/{booked['id']}/verschieben",
        data={"token": booked["token"], "site": "musterstadt", "starts_at": times[-1]},
    )
    assert "Ihr Termin ist verschoben." in answer.text
    moved = datetime.fromisoformat(state_of(client, booked)["starts_at"])
    assert moved == datetime.fromisoformat(times[-1])


def test_another_site_and_later_days_can_be_chosen(client: TestClient, booked: dict[str, Any]) -> None:
    address = f"/termin/{booked['id']}/verschieben"
    first = client.get(address, params={"token": booked["token"], "site": "beispielheim"}).text
    assert "Freie Zeiten: Außenstelle Beispielheim" in first
    later = re.search(r'href="([^"]+)">Spätere Tage', first)
    assert later is not None
    second = client.get(later.group(1).replace("&amp;", "&")).text
    assert offered_times(second)
    assert not set(offered_times(first)) & set(offered_times(second))


def test_a_time_that_has_gone_keeps_the_old_one_and_shows_others(client: TestClient, booked: dict[str, Any]) -> None:
    address = f"/termin/{booked['id']}/verschieben"
    chosen = offered_times(
        client.get(address, params={"token": booked["token"], "site": "neustadt-am-see"}).text
    )[0]
    other = client.post(
        "/api/v1/appointments",
        json={
            "service": "leistungsberatung",
            "site": "neustadt-am-see",
            "starts_at": chosen,
            "name": "Bo Muster",
            "contact": "bo@beispiel.example",
        },
    )
    assert other.status_code == 201
    answer = client.post(
        address, data={"token": booked["token"], "site": "neustadt-am-see", "starts_at": chosen}
    )
    assert answer.status_code == 409
    assert "leider gerade vergeben" in answer.text
    assert chosen not in offered_times(answer.text)
    assert offered_times(answer.text)
    assert state_of(client, booked)["site"] == "musterstadt"


@pytest.mark.parametrize("starts_at", ["", "morgen", "2026-11-25T09:00:00", "9999-12-31T23:59:59+00:00"])
def test_a_senseless_time_moves_nothing(client: TestClient, booked: dict[str, Any], starts_at: str) -> None:
    answer = client.post(
        f"/termin/{booked['id']}/verschieben",
        data={"token": booked["token"], "site": "musterstadt", "starts_at": starts_at},
    )
    assert answer.status_code == 422
    assert "Bitte wählen Sie eine Zeit aus." in answer.text
    assert state_of(client, booked)["starts_at"] == "2026-11-24T10:00:00+01:00"


def test_a_past_appointment_can_only_be_looked_at(client: TestClient, booked: dict[str, Any], at: Any) -> None:
    at(datetime(2026, 11, 24, 12, 0, tzinfo=BERLIN))
    page = page_of(client, booked)
    assert "Dieser Termin ist vorbei." in page
    assert "<form" not in page
    answer = client.post(f"/termin/{booked['id']}/absagen", data={"token": booked["token"]})
    assert answer.status_code == 410
    assert state_of(client, booked)["status"] == "booked"
