"""Promises of the editors' pages: from a citizen's question to an answer by forms alone, and live in a browser."""

import re
import shutil

import pytest
from desk import PASSWORD, make_account, serving, start_conversation
from editors import ARTICLE, ID, eventually, served
from playwright.sync_api import expect, sync_playwright

from api.accounts.access import SESSION_COOKIE
from api.console.writing import differences, form_of
from api.knowledge.editor_schemas import SourceOut
from knowledge.articles import source_fields, source_text

WISSEN = "/console/wissen"
FORM = {
    "title": ARTICLE["title"], "topic": "wohnen", "facet": "how_much", "questions": "\n".join(ARTICLE["questions"]),
    "citations": "§ 22 Abs. 1 SGB II", "valid_from": "2026-07-01", "valid_to": "", "reviewed_by": "Redaktion",
    "next_steps": "Termin: leistungsberatung\nArtikel: miete-karenzzeit", "spoken": ARTICLE["spoken"],
    "easy": ARTICLE["easy"], "body": ARTICLE["body"], "note": "neu",
}  # fmt: skip
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>"
PAGES = ("", "/neu", "/entwuerfe", "/luecken", "/recht", "/artikel/strom", "/artikel/strom/verlauf",
         "/artikel/strom/entwurf", "/luecken/x/vorschlag")


class Browser:
    """One editor who only sends forms."""

    def __init__(self, client, name: str) -> None:
        client.cookies.clear()
        client.follow_redirects = False
        sent = client.post("/console/login", data={"username": name, "password": PASSWORD, "tenant": "musterkreis"})
        assert sent.status_code == 303
        self.home = sent.headers["location"]
        self._client = client
        self.cookie = {"Cookie": f"{SESSION_COOKIE}={client.cookies[SESSION_COOKIE]}"}
        client.cookies.clear()

    def get(self, path: str = "", **options):
        return self._client.get(f"{WISSEN}{path}", headers=self.cookie, **options)

    def press(self, path: str, **fields: object):
        csrf = re.search(r'name="csrf" content="(\w+)"', self.get().text)[1]
        return self._client.post(f"{WISSEN}{path}", data={"csrf": csrf, **fields}, headers=self.cookie)


@pytest.fixture
def both(client, database):
    make_account(database, "erste", roles=["editor"], name="Frau Erste")
    make_account(database, "zweite", roles=["editor"], name="Herr Zweite")
    return Browser(client, "erste"), Browser(client, "zweite")


def test_pages_are_for_editors_and_carry_the_strict_policy(client, database, both):
    make_account(database, "mueller", roles=["caseworker"])
    desk, editor = Browser(client, "mueller"), both[0]
    assert desk.home == "/console" and editor.home == WISSEN
    for path in PAGES:
        assert client.get(f"{WISSEN}{path}").headers["location"] == f"/console/login?next={WISSEN}{path}"
        assert desk.get(path).status_code == 403
        page = editor.get(path)
        assert "unsafe" not in page.headers["content-security-policy"], path
        assert not re.search(r"<script(?![^>]*\bsrc=)|<[^>]*\s(on\w+|style)=|=\"javascript:", page.text), path
    assert "Warteschlange" not in editor.get().text and "Wissen</a>" not in client.get("/console/login").text


def test_an_article_goes_from_the_form_to_the_citizens_by_two_people(client, both):
    first, second = both
    assert f"/artikel/{ID}" not in first.get("?q=hausboot").text
    saved = first.press("/artikel", **FORM, id=ID, new="true", ebene="musterkreis")
    assert saved.headers["location"] == f"{WISSEN}/artikel/{ID}/entwurf?ebene=musterkreis", saved.text
    mine = first.get(f"/artikel/{ID}/entwurf").text
    assert "Eine zweite Person muss ihn freigeben" in mine and "Freigeben</button>" not in mine
    theirs = second.get(f"/artikel/{ID}/entwurf").text
    assert "Freigeben</button>" in theirs and "Richtig:" in theirs and "§ 22 SGB II" in theirs
    assert "Bitte prüfen" in second.get("/entwuerfe").text
    assert first.press(f"/artikel/{ID}/freigeben", revision=1).status_code == 403
    assert second.press(f"/artikel/{ID}/freigeben", revision=1).status_code == 303
    eventually(lambda: served(client) is not None)
    assert "gilt" in first.get(f"/artikel/{ID}/verlauf").text
    assert first.press(f"/artikel/{ID}/zuruecknehmen", reason="").status_code == 422
    assert first.press(f"/artikel/{ID}/zuruecknehmen", reason="falsch").status_code == 303
    eventually(lambda: served(client) is None)
    assert ARTICLE["title"] in first.get("?stand=withdrawn").text
    assert second.press(f"/artikel/{ID}/zurueckholen", revision=1).status_code == 303
    back = first.get(f"/artikel/{ID}/entwurf").text
    assert "Mit der Freigabe wird er wieder ausgegeben" in back
    assert first.press(f"/artikel/{ID}/ablehnen", reason="später").status_code == 303


def test_what_was_typed_stays_when_it_cannot_be_saved(both):
    first, second = both
    assert first.press("/artikel", **FORM, id=ID, new="true", ebene="musterkreis").status_code == 303
    second.press("/artikel", **{**FORM, "title": "Zuerst?"}, id=ID, revision=1, ebene="musterkreis")
    late = first.press("/artikel", **{**FORM, "title": "Meine Mühe?"}, id=ID, revision=1, ebene="musterkreis")
    assert late.status_code == 409
    assert "Herr Zweite hat diesen Artikel inzwischen geändert" in late.text and 'value="Meine Mühe?"' in late.text
    wrong = first.press("/artikel", **{**FORM, "next_steps": "irgendwo"}, id=ID, revision=2, ebene="musterkreis")
    assert wrong.status_code == 422 and "beginnt nicht mit Artikel" in wrong.text and "irgendwo" in wrong.text
    assert first.press("/artikel", **FORM, id="Große Id", new="true").status_code == 422
    assert first.press("/artikel", **{**FORM, "valid_from": "bald"}, id=ID, revision=2).status_code == 422


def test_an_open_question_becomes_a_draft_by_form(client, both):
    first, second = both
    conversation, citizen = start_conversation(client)
    asked = {"text": "Quastenflosser Zebrafink Polarlicht?"}
    client.post(f"/api/v1/conversations/{conversation}/messages", json=asked, headers=citizen)
    page = first.get("/luecken").text
    assert asked["text"] in page
    gap = re.search(r"/luecken/([0-9a-f-]{36})/vorschlag", page)[1]
    assert "Dafür fehlt ein Artikel" in first.get(f"/luecken/{gap}/vorschlag").text
    assert first.press(f"/luecken/{gap}/vorschlag", kind="known", article="").status_code == 422
    made = first.press(f"/luecken/{gap}/vorschlag", kind="known", article="miete-karenzzeit", ebene="base")
    assert made.headers["location"] == f"{WISSEN}/artikel/miete-karenzzeit?ebene=base", made.text
    assert asked["text"] in second.get("/artikel/miete-karenzzeit/entwurf?ebene=base").text
    assert asked["text"] in second.get("/luecken?stand=proposed").text
    assert second.press(f"/luecken/{gap}/loeschen").status_code == 303
    assert asked["text"] not in second.get("/luecken?stand=proposed").text


def test_what_is_typed_and_asked_is_shown_as_text_everywhere(client, both):
    first, _second = both
    conversation, citizen = start_conversation(client)
    client.post(f"/api/v1/conversations/{conversation}/messages", json={"text": f"{HOSTILE} zebrafink"},
                headers=citizen)
    hostile = {**dict.fromkeys(FORM, HOSTILE), "topic": "wohnen", "facet": "what", "valid_from": "2026-07-01",
               "valid_to": "", "next_steps": "", "body": HOSTILE, "spoken": "Ja.", "easy": "Ja.",
               "citations": "§ 22 SGB II"}
    assert first.press("/artikel", **hostile, id=ID, new="true").status_code == 303
    for path in ("", "/entwuerfe", "/luecken", f"/artikel/{ID}", f"/artikel/{ID}/entwurf", f"/artikel/{ID}/verlauf"):
        page = first.get(path)
        assert page.status_code == 200, path
        assert "<script>alert" not in page.text and "<img" not in page.text, path
    seen = first.press("/vorschau", **hostile, id=ID, probe="1")
    assert seen.status_code == 200 and "<script>alert" not in seen.text and "<img" not in seen.text


def test_a_form_of_another_site_changes_nothing(client, both):
    first, _second = both
    for path in ("/artikel", "/artikel/strom/zuruecknehmen", "/artikel/strom/freigeben", "/luecken/x"):
        sent = client.post(f"{WISSEN}{path}", data={**FORM, "id": ID, "new": "true", "reason": "x", "csrf": "0" * 64},
                           headers=first.cookie)
        assert sent.status_code == 403, path
    assert "Kein Entwurf" in first.get("/entwuerfe").text


def test_a_difference_is_shown_field_by_field_and_word_by_word():
    before = source_text({"id": "a", "title": "Alt?", "questions": ["Eins", "Zwei"], "body": "Das ist gut so."})
    after = source_text({"id": "a", "title": "Alt?", "questions": ["Eins", "Drei"], "body": "Das ist nicht gut so."})
    assert differences(before, after) == [
        ("Fragen", [("same", "Eins\n"), ("gone", "Zwei"), ("new", "Drei")]),
        ("Antwort", [("same", "Das ist "), ("new", "nicht "), ("same", "gut so.")]),
    ]


def test_the_form_gives_back_what_the_article_has():
    text = source_text({**ARTICLE, "reviewed_by": "Redaktion", "next_steps": [{"article": "x"}, {"form": "y"}]})
    source = SourceOut(article=ID, layer="base", revision=3, origin="file", fields=source_fields(text), markdown=text)
    form = form_of(source)
    assert form.next_steps == "Artikel: x\nFormular: y" and form.revision == 3
    sent = form.fields()
    assert {name: sent[name] for name in ("title", "questions", "body", "citations", "next_steps")} == {
        name: source.fields[name] for name in ("title", "questions", "body", "citations", "next_steps")
    }


def test_the_law_is_searched_where_it_was_read_in(both, monkeypatch, tmp_path):
    first, _second = both
    monkeypatch.setenv("LOTSE_LAW_STORE", str(tmp_path / "law.db"))
    assert "noch nicht eingelesen" in first.get("/recht?q=Miete").text
    (tmp_path / "law.db").write_text("kaputt")
    broken = first.get("/recht?q=Miete")
    assert broken.status_code == 200 and "kein Gesetzesspeicher" in broken.text


CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
def test_the_preview_follows_the_typing_in_a_real_browser_and_works_by_keyboard(app, client, database):
    make_account(database, "erste", roles=["editor"])
    expect.set_options(timeout=20_000)  # machines are noisy; the preview builds a library
    with serving(app) as url, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = chromium.new_page(viewport={"width": 390, "height": 800})
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.goto(f"{url}{WISSEN}/artikel/miete-karenzzeit?ebene=base")
        page.get_by_label("Kommune").select_option("musterkreis")
        page.get_by_label("Benutzername").fill("erste")
        page.get_by_label("Passwort").fill(PASSWORD)
        page.keyboard.press("Enter")
        page.get_by_label(re.compile("^Antwort")).fill("Der Satz ist {{ amounts.regelbedarf.stufe_1 }} im Monat.")
        expect(page.locator("#preview .answer")).to_contain_text("Der Satz ist 563 Euro im Monat.")
        page.get_by_label(re.compile("^Antwort")).fill("Der Satz ist 563 Euro im Monat.")
        expect(page.locator("#preview .findings")).to_contain_text("steht als Zahl da")
        page.get_by_role("button", name="Ansehen und ausprobieren").focus()
        page.keyboard.press("Enter")
        expect(page.locator("#preview .trials > li").first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        page.get_by_label("Notiz für die zweite Person").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Was sich ändert")).to_be_visible()
        chromium.close()
    assert errors == []
