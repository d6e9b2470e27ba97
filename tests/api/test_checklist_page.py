"""The checklist over HTTP and as a page: fitted to the answers, to print and to send, without script or traces."""

import re
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from fastapi.testclient import TestClient

from api.clock import BERLIN
from api.knowledge.checklists import LONGEST_MAIL


@pytest.fixture(autouse=True)
def monday_morning(at: Any) -> None:
    at(datetime(2026, 11, 23, 9, 30, tzinfo=BERLIN))


def fetched(client: TestClient, **answers: Any) -> dict[str, Any]:
    answer = client.get("/api/v1/knowledge/checklist", params=answers)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def ids(found: dict[str, Any]) -> list[str]:
    return [item["id"] for group in found["groups"] for item in group["items"]]


def test_the_answers_fit_the_list_and_name_the_municipalitys_forms(client: TestClient) -> None:
    found = fetched(client, occasion="renewal", household="alone", work="self_employed", housing="rent")
    assert {"renewal-form", "business", "identity"} <= set(ids(found))
    assert not {"main-form", "wages", "partner", "child-benefit"} & set(ids(found))
    items = {item["id"]: item for group in found["groups"] for item in group["items"]}
    assert items["renewal-form"]["form"]["url"].endswith("weiterbewilligung.pdf")
    assert items["business"]["citation"]["label"] == "§ 41a SGB II"
    assert items["business"]["article"] == "einkommen-selbstaendig"
    assert found["day"] == "2026-11-23"


def test_a_form_that_a_municipality_does_not_have_is_not_named(client: TestClient) -> None:
    found = fetched(client, occasion="first", housing="rent", tenant="beispielhafen")
    items = {item["id"]: item for group in found["groups"] for item in group["items"]}
    assert items["rent-contract"]["form"] is None
    assert items["assets"]["form"]["title"] == "Vermögensbogen"


def test_at_most_so_many_things_are_given_and_the_rest_is_counted(client: TestClient) -> None:
    whole = fetched(client, occasion="first", household="partner-children", work="employed", housing="rent")
    some = fetched(client, occasion="first", household="partner-children", work="employed", housing="rent", limit=10)
    assert len(ids(some)) == 10
    assert some["more"] == len(ids(whole)) - 10 > 0
    assert {"identity", "main-form", "rent-contract", "wages", "partner", "child-benefit"} <= set(ids(some))


def test_for_an_appointment_the_municipalitys_own_list_is_given(client: TestClient) -> None:
    found = fetched(client, occasion="appointment", service="arbeitsvermittlung")
    assert [item["text"] for item in found["groups"][0]["items"]] == ["Ausweis oder Pass", "Lebenslauf", "Zeugnisse"]
    assert client.get("/api/v1/knowledge/checklist", params={"service": "tanz"}).status_code == 404


def test_the_address_of_the_page_holds_the_answers_and_nothing_else(client: TestClient) -> None:
    found = fetched(client, occasion="first", household="partner-children", work="none", housing="parents")
    address = parse_qs(urlsplit(found["page_url"]).query)
    assert address == {
        "anlass": ["erster-antrag"], "haushalt": ["partner-kinder"], "arbeit": ["keine"], "wohnen": ["eltern"],
        "tenant": ["musterkreis"],
    }  # fmt: skip
    page = client.get("/checkliste?" + urlsplit(found["page_url"]).query)
    assert all(item_id in page.text for item_id in ids(found))


def test_the_page_has_boxes_sources_and_a_date_and_runs_no_script(client: TestClient) -> None:
    answer = client.get("/checkliste?anlass=verlaengern&arbeit=selbstaendig&haushalt=allein&wohnen=miete")
    assert answer.status_code == 200
    assert "<script" not in answer.text
    assert "script-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.text.count('type="checkbox"') >= 6
    assert "§ 41a SGB II" in answer.text
    assert "Stand: Montag, 23. November 2026" in answer.text
    assert '<option value="selbstaendig" selected>' in answer.text


def test_without_any_answer_the_page_shows_everything_with_its_condition(client: TestClient) -> None:
    text = client.get("/checkliste").text
    assert "falls Sie zur Miete wohnen" in text
    assert "falls Sie selbständig sind" in text
    assert "beim ersten Antrag" in text


@pytest.mark.parametrize("query", ["anlass=%3Cscript%3E", "haushalt=alle&arbeit=1", "leistung=tanz&anlass=termin"])
def test_an_address_with_other_words_counts_as_not_answered(client: TestClient, query: str) -> None:
    answer = client.get(f"/checkliste?{query}")
    assert answer.status_code == 200
    assert "<script" not in answer.text


def test_the_list_can_be_sent_by_mail_and_saved_as_text(client: TestClient) -> None:
    query = "anlass=verlaengern&arbeit=selbstaendig&haushalt=allein&wohnen=miete"
    mail = re.search(r'href="(mailto:[^"]+)"', client.get(f"/checkliste?{query}").text)
    assert mail is not None
    body = unquote(mail[1].replace("&amp;", "&")).split("&body=")[1]
    assert len(mail[1]) < LONGEST_MAIL + 200
    assert "/checkliste?anlass=verlaengern" in body
    text = client.get(f"/checkliste.txt?{query}")
    assert text.headers["Content-Type"].startswith("text/plain")
    assert 'attachment; filename="checkliste.txt"' in text.headers["Content-Disposition"]
    assert "[ ] Weiterbewilligungsantrag" in text.text
    assert "Quelle: § 37 SGB II" in text.text
    assert "Stand: 23.11.2026" in text.text


def test_the_style_of_the_page_is_there_and_knows_paper(client: TestClient) -> None:
    style = client.get("/pages/checklist.css")
    assert style.status_code == 200
    assert "@media print" in style.text and "size: A4" in style.text
