"""Other languages: noticed, offered, kept; nothing German is translated by halves or older than its German."""

import re
import string
from collections.abc import Iterator

import pytest
import yaml
from babel.messages.pofile import read_po

from api.languages.catalog import EASY, GERMAN, NAMES, TENANTS, catalog, translated
from api.languages.detection import language_of
from api.settings import ROOT
from tests.api.conftest import SERVICE

CATALOGS = sorted([*ROOT.glob("api/languages/*.po"), *ROOT.glob("knowledge/tenants/*/languages/*.po")])
LANGUAGES = [language for language in NAMES if language not in (GERMAN, EASY)]
# Said only in a call, and calls are held in German.
ON_THE_PHONE = re.compile(r"phone$|^ask_code|^code_|^without_code|^ask_caller|^heard_lead|_spoken$|^spelt_name$")
# Forms that German is needed for are German so far; the chat says so (german_only).
NOT_YET = re.compile(r"^(checklist|example|few_questions)_")


def _german() -> Iterator[tuple[str, str]]:
    """Every sentence and every button of the dialogue, with the name of its entry."""
    entries = yaml.safe_load((ROOT / "bot/sentences.yml").read_text(encoding="utf-8"))
    responses = yaml.safe_load((ROOT / "bot/domain/responses.yml").read_text(encoding="utf-8"))["responses"]
    for name, entry in [*entries.items(), *((name, said[0]["custom"]) for name, said in responses.items())]:
        heard = ON_THE_PHONE.search(name) and name not in ("ask_phone", "why_phone", "invalid_phone")
        if heard or NOT_YET.search(name):
            continue
        texts = [entry["text"]] if isinstance(entry["text"], str) else entry["text"]
        yield from ((name, text.strip()) for text in texts if re.search(r"[a-zä]", re.sub(r"{\w+}", "", text)))
        yield from ((name, choice["title"]) for choice in entry.get("choices", []))


def _placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("language", LANGUAGES)
def test_whatever_the_dialogue_says_is_there_in_every_language(language):
    known = catalog(language)
    missing = sorted({f"{name}: {text}" for name, text in _german() if text not in known})
    assert not missing, "\n".join(missing)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_fills_in_the_same_things(language):
    wrong = {german: said for german, said in catalog(language).items() if _placeholders(german) != _placeholders(said)}
    assert not wrong


@pytest.mark.parametrize("path", CATALOGS, ids=lambda path: "-".join(path.parts[-3:]))
def test_a_catalog_is_whole_and_marked_finished(path):
    with path.open("rb") as file:
        entries = [entry for entry in read_po(file) if entry.id]
    assert entries
    assert [str(entry.id) for entry in entries if not entry.string or entry.fuzzy] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_service_of_the_example_has_a_name(client, language):
    german = client.get("/api/v1/services").json()
    there = client.get("/api/v1/services", params={"language": language}).json()
    assert [one["id"] for one in there] == [one["id"] for one in german]
    for one, other in zip(german, there, strict=True):
        assert one["name"] != other["name"] and len(one["bring"]) == len(other["bring"])


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("I would like to make an appointment please", "en"),
        ("Мені потрібна допомога з орендою квартири", "uk"),
        ("Здравствуйте, я потерял работу", "ru"),
        ("كيف يمكنني تقديم طلب", "ar"),
        ("kira için yardım almak istiyorum", "tr"),
        ("Ich brauche bitte einen Termin", "de"),
        ("Fatma Demir", None),
        ("ok", None),
        ("0176 12345678", None),
        ("", None),
    ],
)
def test_the_language_is_noticed_and_a_name_is_none(text, language):
    assert language_of(text) == language


def _start(client, **body):
    started = client.post("/api/v1/conversations", json=body).json()
    return started, {"Authorization": f"Bearer {started['token']}"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_conversation_can_begin_in_any_of_them(client, language):
    started, _ = _start(client, language=language)
    first = started["messages"][0]
    assert first["text"] == translated(
        next(german for german in catalog(language) if german.startswith("Guten Tag! Ich bin Lotse, der digitale")),
        language,
        office="Jobcenter Musterkreis",
    )
    assert {choice["payload"] for choice in first["choices"]} == {
        "/book_appointment", "/leave_message", "/talk_to_human",
    }  # fmt: skip


def test_who_writes_ukrainian_is_answered_so_with_the_way_back(client):
    started, key = _start(client)
    said = client.post(
        f"/api/v1/conversations/{started['id']}/messages",
        json={"text": "Яка сума на місяць для однієї особи?"},
        headers=key,
    ).json()["messages"]
    assert said[0]["choices"] == [
        {"title": translated("Auf Deutsch weiter", "uk"), "payload": '/change_language{"language":"de"}'}
    ]
    assert re.search(r"[їієґ]", " ".join(one["text"] for one in said[1:]))


def test_a_chosen_language_is_not_changed_by_what_is_written(client, database):
    started, key = _start(client)
    address = f"/api/v1/conversations/{started['id']}"
    assert client.put(f"{address}/language", json={"language": "de"}, headers=key).status_code == 204
    said = client.post(f"{address}/messages", json={"text": "How much is the rent limit here?"}, headers=key).json()
    assert "Auf Deutsch weiter" not in str(said)
    assert client.put(f"{address}/language", json={"language": "xx"}, headers=key).status_code == 422


def test_an_article_is_served_in_the_language_with_its_german_sources(client):
    found = client.get("/api/v1/knowledge/articles/miete-zu-hoch", params={"language": "tr"}).json()
    german = client.get("/api/v1/knowledge/articles/miete-zu-hoch").json()
    assert found["language"] == "tr" and found["text"] != german["text"]
    assert found["citations"] == german["citations"]
    other = client.get("/api/v1/knowledge/articles/pfaendung", params={"language": "tr"}).json()
    assert other["language"] == "de"


def test_a_tenant_without_a_catalog_of_its_own_still_serves():
    assert not (TENANTS / "beispielhafen" / "languages").exists() or catalog("en", "beispielhafen")
    assert translated("Termin buchen", "en", "gibt-es-nicht") == translated("Termin buchen", "en")
    assert translated("Termin buchen", "xx") == "Termin buchen"


def test_a_person_in_the_queue_is_told_so_in_their_language(client):
    started, key = _start(client, language="en")
    asked = client.post(
        f"/api/v1/conversations/{started['id']}/handoff", json={"reason": "Wunsch", "urgent": False}, headers=SERVICE
    ).json()
    assert "Mensch" not in asked["message"] and asked["message"]
