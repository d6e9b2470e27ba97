"""Promises of the console's pages: sign-in first, nothing of citizens' text is ever markup, forms only from here."""

import re
import shutil

import pytest
from desk import (
    MONDAY,
    OTHER_TENANT,
    PASSWORD,
    TENANT,
    ask_for_person,
    make_account,
    serving,
    sign_in,
)
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import expect, sync_playwright

from api.accounts.access import SESSION_COOKIE
from api.console.rendering import HERE, TOPICS, markdown
from api.console.security import safe_target

HOSTILE = '<script>alert(1)</script><img src=x onerror=alert(2)> {{ 7*7 }} "\'&'


@pytest.fixture
def browser(client, database, at):
    """Frau Müller, signed in by the form; redirects are followed by hand."""
    at(MONDAY)
    make_account(database, "mueller", name="Frau Müller")
    client.follow_redirects = False
    answer = client.post("/console/login", data={"username": "mueller", "password": PASSWORD})
    assert (answer.status_code, answer.headers["location"]) == (303, "/console")
    return client


def ask(browser, **body: object) -> str:
    """A waiting handoff; the citizen has no cookie."""
    cookie = browser.cookies[SESSION_COOKIE]
    browser.cookies.clear()
    conversation, citizen, handoff = ask_for_person(browser, **body)
    browser.post(
        f"/api/v1/conversations/{conversation}/messages", json={"text": f"Hilfe bei der Miete {HOSTILE}"},
        headers=citizen,
    )
    browser.cookies.set(SESSION_COOKIE, cookie)
    return handoff


def csrf(browser) -> str:
    return re.search(r'name="csrf" content="(\w+)"', browser.get("/console").text)[1]


def press(browser, path: str, **fields: str):
    return browser.post(path, data={"csrf": csrf(browser), **fields})


PAGES = ("/console", "/console/queue", "/console/handoffs/x", "/console/handoffs/x/lines", "/console/inbox",
         "/console/inbox/list", "/console/inbox/new", "/console/inbox/x")


@pytest.mark.parametrize("path", PAGES)
def test_every_page_needs_a_sign_in_and_comes_back_after_it(client, path):
    client.follow_redirects = False
    answer = client.get(path)
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/console/login?next={path}"
    assert client.get(path, headers={"X-Lotse-Fragment": "1"}).status_code == 401


@pytest.mark.parametrize("role", ["editor", "admin"])
def test_other_roles_do_not_get_in(client, database, role):
    make_account(database, "andere", roles=[role])
    token = sign_in(client, "andere")["Authorization"].removeprefix("Bearer ")
    client.cookies.set(SESSION_COOKIE, token)
    for path in PAGES:
        assert client.get(path).status_code == 403


def test_a_wrong_password_is_told_on_the_form(client, database):
    make_account(database, "mueller")
    answer = client.post("/console/login", data={"username": "mueller", "password": "falsch"})
    assert answer.status_code == 401
    assert "stimmt nicht" in answer.text and 'value="mueller"' in answer.text
    assert "set-cookie" not in answer.headers
    assert client.post("/console/login", data={}).status_code == 422


@pytest.mark.parametrize(
    "target",
    ["https://anderswo.example", "//anderswo.example", "/console/..//x", "/console\\@x", "/consolefoo", "js:x", ""],
)
def test_signing_in_never_leads_away_from_the_console(target):
    assert safe_target(target) == "/console"


def test_pages_carry_a_strict_policy_and_no_inline_script(browser):
    handoff = ask(browser)
    for path in ("/console", f"/console/handoffs/{handoff}", "/console/handoffs/x", "/console/inbox", "/console/login"):
        page = browser.get(path)
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy and "frame-ancestors 'none'" in policy
        assert page.headers["cache-control"] == "no-store"
        assert not re.search(r"<script(?![^>]*\bsrc=)|<[^>]*\s(on\w+|style)=|=\"javascript:", page.text), path


def test_what_citizens_write_is_shown_as_text_everywhere(browser):
    handoff = ask(browser, collected={HOSTILE[:50]: HOSTILE}, reason=HOSTILE, topic=HOSTILE)
    headers = {"Authorization": "Bearer service-token"}
    cookie = browser.cookies[SESSION_COOKIE]
    browser.cookies.clear()
    browser.post("/api/v1/inbox", headers=headers,
                 json={"tenant": TENANT, "text": HOSTILE, "name": HOSTILE, "topic": HOSTILE, "preferred_time": HOSTILE})
    browser.cookies.set(SESSION_COOKIE, cookie)
    item = browser.get("/api/v1/inbox").json()[0]["id"]
    for path in ("/console", "/console/queue", f"/console/handoffs/{handoff}", f"/console/handoffs/{handoff}/lines",
                 "/console/inbox", f"/console/inbox/{item}"):
        page = browser.get(path)
        assert page.status_code == 200
        assert "<script>alert" not in page.text and "<img" not in page.text and ">49<" not in page.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in browser.get(f"/console/handoffs/{handoff}").text


@given(st.text(alphabet=st.sampled_from(list("<>[]()!`*_\n\"' abcjs:/&;#-=x")), max_size=120))
def test_markdown_of_answers_never_becomes_anything_but_plain_formatting(text):
    html = str(markdown(text))
    tags = set(re.findall(r"<\s*/?\s*(\w+)", html))
    assert tags <= {"p", "br", "strong", "em", "ul", "ol", "li", "a"}
    assert not re.search(r'href="(?!https?:|mailto:|tel:)[^"/#]*:', html)


def test_the_desk_works_by_forms_alone(browser):
    handoff = ask(browser, urgent=True)
    page = browser.get("/console").text
    assert "Dringend" in page and "Es warten" in page
    path = f"/console/handoffs/{handoff}"
    assert press(browser, f"{path}/claim").headers["location"] == path
    assert press(browser, f"{path}/messages", text="Ich sehe nach", key="key-of-one-send").status_code == 303
    assert press(browser, f"{path}/messages", text="Ich sehe nach", key="key-of-one-send").status_code == 303
    assert press(browser, f"{path}/notes", text="Akte liegt vor").status_code == 303
    page = browser.get(path).text
    assert page.count("Ich sehe nach") == 1 and "Akte liegt vor" in page and "Gespräch beenden" in page
    assert press(browser, f"{path}/messages", text="   ").status_code == 422
    assert press(browser, f"{path}/messages", text="x" * 4001).status_code == 422
    assert press(browser, f"{path}/close").headers["location"] == "/console"
    assert "Ich sehe nach" in browser.get(path).text and "abgeschlossen" in browser.get(path).text
    assert press(browser, f"{path}/claim").status_code == 409


def test_passing_on_works_by_form(browser, database):
    colleague = make_account(database, "schmidt", name="Herr Schmidt")
    handoff = ask(browser)
    path = f"/console/handoffs/{handoff}"
    press(browser, f"{path}/claim")
    assert press(browser, f"{path}/transfer", target="team:unbekannt").status_code == 422
    assert press(browser, f"{path}/transfer", target="").status_code == 422
    sent = press(browser, f"{path}/transfer", target=f"account:{colleague.id}", text="kennt den Fall")
    assert sent.status_code == 303
    assert "für Herr Schmidt" in browser.get("/console").text
    assert "kennt den Fall" in browser.get(path).text


def test_a_message_is_worked_on_by_form(browser):
    cookie = browser.cookies[SESSION_COOKIE]
    browser.cookies.clear()
    browser.post("/api/v1/inbox", json={"text": "Bitte rufen Sie an", "kind": "callback", "contact": "069 90009123"},
                 headers={"Authorization": "Bearer service-token"})
    browser.cookies.set(SESSION_COOKIE, cookie)
    assert browser.get("/console/inbox/new").text == "1"
    item = browser.get("/api/v1/inbox").json()[0]["id"]
    me = browser.get("/api/v1/session").json()["account"]["id"]
    page = browser.get(f"/console/inbox/{item}").text
    assert 'href="tel:+496990009123"' in page
    sent = press(browser, f"/console/inbox/{item}", state="in_progress", assigned_to=me, text="erreicht")
    assert sent.status_code == 303
    assert "bei Frau Müller" in browser.get("/console/inbox?state=in_progress").text
    assert "erreicht" in browser.get(f"/console/inbox/{item}").text
    assert browser.get("/console/inbox?state=unsinn").status_code == 422


def test_a_form_of_another_site_changes_nothing(browser):
    handoff = ask(browser)
    token = csrf(browser)
    for path, body, headers in (
        ("/claim", {}, {}),
        ("/claim", {"csrf": "0" * 64}, {}),
        ("/claim", {"csrf": token}, {"Origin": "https://anderswo.example"}),
    ):
        assert browser.post(f"/console/handoffs/{handoff}{path}", data=body, headers=headers).status_code == 403
    assert browser.get("/api/v1/handoffs").json()[0]["state"] == "waiting"
    assert browser.post("/console/logout").status_code == 403
    assert press(browser, "/console/logout").status_code == 303
    assert browser.get("/console").status_code == 303


def test_another_tenants_pages_do_not_exist(client, app, database, browser):
    app.state.tenants[OTHER_TENANT] = app.state.tenants[TENANT].model_copy(update={"id": OTHER_TENANT})
    make_account(database, "fremd", tenant=OTHER_TENANT)
    handoff = ask(browser)
    browser.cookies.clear()
    answer = browser.post(
        "/console/login", data={"username": "fremd", "password": PASSWORD, "tenant": OTHER_TENANT}
    )
    assert answer.status_code == 303
    assert "Niemand wartet" in browser.get("/console").text
    assert browser.get(f"/console/handoffs/{handoff}").status_code == 404
    assert browser.get(f"/console/handoffs/{handoff}/lines").status_code == 404
    assert press(browser, f"/console/handoffs/{handoff}/claim").status_code == 404


def test_only_script_and_style_are_served_as_files(client):
    assert "javascript" in client.get("/console/static/console.js").headers["content-type"]
    assert client.get("/console/static/console.css").status_code == 200
    for name in ("routes.py", "..%2Froutes.py", "%2e%2e/routes.py", "console.js%00"):
        assert client.get(f"/console/static/{name}").status_code in {404, 401}
    assert not re.search(r"https?://", (HERE / "static" / "console.js").read_text(encoding="utf-8"))


# ---- in a browser

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")


@pytest.fixture
def server(app, client):
    with serving(app) as url:
        yield url


@needs_browser
def test_the_desk_is_live_in_a_real_browser(client, database, server, at):
    at(MONDAY)
    make_account(database, "mueller", name="Frau Müller")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = chromium.new_page()
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.goto(f"{server}/console")
        page.get_by_label("Benutzername").fill("mueller")
        page.get_by_label("Passwort").fill(PASSWORD)
        page.keyboard.press("Enter")
        expect(page.get_by_text("Niemand wartet")).to_be_visible()

        conversation, citizen, _ = ask_for_person(client, urgent=True)
        expect(page.locator(".card.urgent").get_by_text("Dringend")).to_be_visible()  # no reload
        expect(page).to_have_title(re.compile(r"^\(1\)"))
        page.get_by_role("button", name="Übernehmen").click()

        page.get_by_label("Ihre Antwort").fill("Wie kann ich helfen?")
        page.keyboard.press("Enter")
        expect(page.locator(".line.caseworker")).to_contain_text("Wie kann ich helfen?")
        expect(page.get_by_label("Ihre Antwort")).to_have_value("")
        path = f"/api/v1/conversations/{conversation}"
        client.post(f"{path}/typing", headers=citizen)
        expect(page.get_by_text("schreibt …")).to_be_visible()
        client.post(f"{path}/messages", json={"text": HOSTILE}, headers=citizen)
        expect(page.locator(".line.citizen").last).to_contain_text("<script>alert(1)</script>")
        expect(page.get_by_text("schreibt …")).to_be_hidden()
        assert client.get(path, headers=citizen).json()["messages"][-2]["text"] == "Wie kann ich helfen?"

        page.get_by_text("Weitergeben oder beenden").click()
        page.get_by_role("button", name="Zurück an Lotse").click()
        expect(page.get_by_text("Niemand wartet")).to_be_visible()
        assert client.get(path, headers=citizen).json()["state"] == "bot"
        chromium.close()
    assert errors == []


@needs_browser
def test_what_could_not_be_sent_is_kept_and_sent_once(client, database, server, at):
    at(MONDAY)
    make_account(database, "mueller")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = chromium.new_page()
        page.goto(f"{server}/console/login")
        page.get_by_label("Benutzername").fill("mueller")
        page.get_by_label("Passwort").fill(PASSWORD)
        page.keyboard.press("Enter")
        expect(page.get_by_text("Niemand wartet")).to_be_visible()
        conversation, citizen, _ = ask_for_person(client)
        page.get_by_role("button", name="Übernehmen").click()
        page.wait_for_url("**/handoffs/*")  # requests are intercepted only once the new page stands

        # The reply arrives, but its answer is lost on the way back.
        def lose_the_answer(route):
            route.fetch()
            route.abort()

        page.route("**/messages", lose_the_answer)
        page.get_by_label("Ihre Antwort").fill("Nur einmal")
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_contain_text("Nicht gesendet")
        expect(page.get_by_label("Ihre Antwort")).to_have_value("Nur einmal")
        page.unroute("**/messages")
        page.keyboard.press("Enter")
        expect(page.get_by_label("Ihre Antwort")).to_have_value("")
        expect(page.locator(".line.caseworker")).to_have_count(1)
        chromium.close()
    lines = client.get(f"/api/v1/conversations/{conversation}", headers=citizen).json()["messages"]
    assert [line["text"] for line in lines].count("Nur einmal") == 1


def test_every_topic_of_the_knowledge_has_a_name_that_people_read(libraries):
    topics = {article.topic for article in libraries.get(TENANT).articles.values()}
    assert topics <= set(TOPICS)
