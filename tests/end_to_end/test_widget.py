"""The web chat as a citizen meets it: in a real browser, against the running system."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, Route, expect

from api.accounts.service import FIRST_USERNAME

QUESTION = "Zahlt das Jobcenter am Anfang meine ganze Miete?"
SECOND_QUESTION = "Wie viel Vermögen darf ich haben?"
MESSAGES_CALL = re.compile(r"/api/v1/conversations/[^/]+/messages$")
PAGES = ("/", "/datenschutz", "/impressum", "/barrierefreiheit")


def chat(page: Page) -> Locator:
    return page.get_by_role("dialog", name="Chat mit Lotse")


def log_of(page: Page) -> Locator:
    return page.get_by_role("log", name="Gesprächsverlauf")


def bubbles(page: Page, role: str) -> Locator:
    return log_of(page).locator(f".message.{role} .bubble")


def open_chat(page: Page, base_url: str) -> None:
    page.goto(base_url)
    page.get_by_role("button", name="Fragen? Chat öffnen").click()
    expect(bubbles(page, "bot")).to_have_count(1)


def write(page: Page, text: str) -> None:
    page.get_by_label("Ihre Nachricht").fill(text)
    page.get_by_label("Ihre Nachricht").press("Enter")


def ask(page: Page, text: str) -> Locator:
    """Ask, wait for the reply, and give its (first) message."""
    before = log_of(page).locator(".message.bot").count()
    write(page, text)
    reply = log_of(page).locator(".message.bot").nth(before)
    expect(reply).to_be_visible(timeout=20_000)
    expect(page.locator("lotse-chat .typing")).to_be_hidden()
    return reply


def stored(page: Page) -> dict[str, Any]:
    """What the chat keeps in the browser for this session."""
    return json.loads(page.evaluate("sessionStorage.getItem('lotse-chat:musterkreis')") or "{}")


def transcript(page: Page, base_url: str) -> list[dict[str, Any]]:
    """The conversation as the api has it."""
    kept = stored(page)
    answer = httpx.get(
        f"{base_url}/api/v1/conversations/{kept['id']}",
        headers={"Authorization": f"Bearer {kept['token']}"},
        trust_env=False,
    )
    answer.raise_for_status()
    return answer.json()["messages"]


def said_by_citizen(page: Page, base_url: str) -> list[str]:
    return [message["text"] for message in transcript(page, base_url) if message["role"] == "citizen"]


@contextmanager
def held_messages(page: Page) -> Iterator[list[Route]]:
    """Sent messages wait here until the test lets them go on."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route(MESSAGES_CALL, hold)
    yield held
    page.unroute(MESSAGES_CALL)


def once(act: Callable[[Route], None]) -> Callable[[Route], None]:
    """Something that happens to the first request only; later ones go through."""
    done: list[bool] = []

    def handle(route: Route) -> None:
        if done:
            route.continue_()
        else:
            done.append(True)
            act(route)

    return handle


# --- Before anything is said ------------------------------------------------------------------------------------


def test_nothing_is_sent_before_the_citizen_opens_the_chat(browser_page: Page, base_url: str) -> None:
    calls: list[str] = []
    browser_page.on("request", lambda request: calls.append(request.url) if "/api/" in request.url else None)
    browser_page.goto(base_url)
    expect(browser_page.get_by_role("button", name="Fragen? Chat öffnen")).to_be_visible()
    browser_page.wait_for_load_state("networkidle")
    assert calls == []
    browser_page.get_by_role("button", name="Fragen? Chat öffnen").click()
    expect(bubbles(browser_page, "bot").first).to_be_visible()
    assert calls == [f"{base_url}/api/v1/conversations"]


def test_the_first_words_say_that_it_is_a_machine(browser_page: Page, base_url: str) -> None:
    open_chat(browser_page, base_url)
    expect(chat(browser_page)).to_contain_text("Computer, kein Mensch")
    expect(bubbles(browser_page, "bot").first).to_contain_text("Computerprogramm, kein Mensch")
    expect(chat(browser_page).get_by_role("link", name="Datenschutz")).to_be_visible()


def test_the_chat_asks_no_other_host_and_leaves_nothing_but_its_session(browser_page: Page, base_url: str) -> None:
    hosts: set[str] = set()
    browser_page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
    open_chat(browser_page, base_url)
    ask(browser_page, QUESTION)
    assert hosts == {base_url.removeprefix("http://")}
    assert browser_page.context.cookies() == []
    assert browser_page.evaluate("localStorage.length") == 0
    assert stored(browser_page)["token"]


def test_the_script_is_one_file_that_a_phone_loads_as_twenty_two_kilobytes(base_url: str) -> None:
    script = httpx.get(f"{base_url}/widget.js", headers={"Accept-Encoding": "identity"}, trust_env=False)
    assert script.headers["content-type"].startswith("text/javascript")
    assert len(script.content) < 70_000
    packed = httpx.get(f"{base_url}/widget.js", headers={"Accept-Encoding": "gzip"}, trust_env=False)
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) < 22_000
    assert packed.content == script.content


def test_a_plain_link_of_the_page_opens_the_chat(browser_page: Page, base_url: str) -> None:
    browser_page.goto(base_url)
    link = browser_page.get_by_role("link", name="Frage im Chat stellen")
    link.click()
    expect(chat(browser_page)).to_be_visible()
    expect(bubbles(browser_page, "bot")).to_have_count(1)
    browser_page.keyboard.press("Escape")
    expect(chat(browser_page)).to_be_hidden()
    expect(link).to_be_focused()


# --- Answers ----------------------------------------------------------------------------------------------------


def test_an_answer_carries_folded_sources_with_link_and_date(browser_page: Page, base_url: str) -> None:
    open_chat(browser_page, base_url)
    answer = ask(browser_page, QUESTION)
    summary = answer.locator("summary")
    expect(summary).to_have_text(re.compile(r"^Quellen \([1-9]\d*\)$"))
    source = answer.locator(".sources a", has_text="§ 22 SGB II")
    expect(source).to_be_hidden()
    summary.click()
    expect(source).to_be_visible()
    assert source.get_attribute("href").startswith("https://www.gesetze-im-internet.de/sgb_2/")
    assert source.get_attribute("target") == "_blank"
    assert source.get_attribute("rel") == "noopener"
    expect(answer.locator(".sources li").first).to_contain_text(re.compile(r"Stand: \d\d\.\d\d\.\d{4}"))


def test_a_judgement_of_an_answer_reaches_the_api_and_is_thanked_for(browser_page: Page, base_url: str) -> None:
    open_chat(browser_page, base_url)
    answer = ask(browser_page, QUESTION)
    with browser_page.expect_response(re.compile("/feedback$")) as response:
        answer.get_by_role("button", name="Hilfreich", exact=True).click()
    assert response.value.status == 204
    assert response.value.request.post_data_json["helpful"] is True
    expect(answer).to_contain_text("Danke für Ihre Rückmeldung.")


def test_a_pressed_choice_shows_as_own_words_and_can_not_be_pressed_again(browser_page: Page, base_url: str) -> None:
    open_chat(browser_page, base_url)
    choices = log_of(browser_page).locator(".message.bot").first.get_by_role("button")
    title = choices.first.inner_text()
    choices.first.click()
    expect(bubbles(browser_page, "citizen")).to_have_text([title])
    expect(bubbles(browser_page, "bot")).not_to_have_count(1, timeout=20_000)
    for index in range(choices.count()):
        expect(choices.nth(index)).to_be_disabled()
    assert said_by_citizen(browser_page, base_url) == [title]


def test_typed_markup_stays_text(browser_page: Page, base_url: str) -> None:
    open_chat(browser_page, base_url)
    markup = '<img src="x" onerror="document.title=1"><b>fett</b>'
    ask(browser_page, markup)
    expect(bubbles(browser_page, "citizen")).to_have_text([markup])
    assert log_of(browser_page).locator("img, b").count() == 0


def test_the_typing_sign_appears_while_waiting_and_goes_with_the_reply(browser_page: Page, base_url: str) -> None:
    open_chat(browser_page, base_url)
    typing = browser_page.locator("lotse-chat .typing")
    with held_messages(browser_page) as held:
        write(browser_page, QUESTION)
        expect(typing).to_be_visible()
        held[0].continue_()
        expect(bubbles(browser_page, "bot")).not_to_have_count(1, timeout=20_000)
        expect(typing).to_be_hidden()


def test_a_reply_does_not_move_what_the_citizen_is_reading(browser_page: Page, base_url: str) -> None:
    open_chat(browser_page, base_url)
    ask(browser_page, QUESTION)
    ask(browser_page, SECOND_QUESTION)
    log = log_of(browser_page)
    with held_messages(browser_page) as held:
        write(browser_page, QUESTION)
        expect(browser_page.locator("lotse-chat .typing")).to_be_visible()
        log.hover()
        browser_page.mouse.wheel(0, -10_000)
        browser_page.wait_for_function(
            "document.querySelector('lotse-chat').shadowRoot.querySelector('.log').scrollTop === 0"
        )
        before = bubbles(browser_page, "bot").count()
        held[0].continue_()
        expect(bubbles(browser_page, "bot")).not_to_have_count(before, timeout=20_000)
    newer = chat(browser_page).get_by_role("button", name="Neue Nachricht")
    expect(newer).to_be_visible()
    assert log.evaluate("node => node.scrollTop") == 0
    newer.click()
    expect(newer).to_be_hidden()
    expect(bubbles(browser_page, "bot").nth(before)).to_be_in_viewport()


def test_a_counter_warns_before_the_limit_and_longer_text_is_not_sent(browser_page: Page, base_url: str) -> None:
    open_chat(browser_page, base_url)
    field = browser_page.get_by_label("Ihre Nachricht")
    counter = browser_page.locator("lotse-chat .counter")
    field.fill("a" * 1799)
    expect(counter).to_have_text("")
    field.fill("a" * 1950)
    expect(counter).to_have_text("Noch 50 Zeichen")
    field.fill("a" * 2001)
    expect(counter).to_have_text("1 Zeichen zu viel. Bitte kürzen Sie Ihre Nachricht.")
    field.press("Enter")
    expect(field).to_have_value("a" * 2001)
    expect(bubbles(browser_page, "citizen")).to_have_count(0)


def test_shift_and_enter_make_a_new_line(browser_page: Page, base_url: str) -> None:
    open_chat(browser_page, base_url)
    field = browser_page.get_by_label("Ihre Nachricht")
    low = field.bounding_box()["height"]
    field.press_sequentially("Guten Tag,")
    field.press("Shift+Enter")
    field.press_sequentially("eine Frage:")
    expect(field).to_have_value("Guten Tag,\neine Frage:")
    assert field.bounding_box()["height"] > low
    expect(bubbles(browser_page, "citizen")).to_have_count(0)


# --- Staying connected ------------------------------------------------------------------------------------------


def test_a_reload_keeps_the_same_conversation_and_the_unsent_text(browser_page: Page, base_url: str) -> None:
    open_chat(browser_page, base_url)
    ask(browser_page, QUESTION)
    conversation = stored(browser_page)["id"]
    shown = log_of(browser_page).locator(".bubble").all_inner_texts()
    browser_page.get_by_label("Ihre Nachricht").fill("noch nicht fert")
    browser_page.reload()
    expect(chat(browser_page)).to_be_visible()
    expect(log_of(browser_page).locator(".bubble")).to_have_count(len(shown))
    assert log_of(browser_page).locator(".bubble").all_inner_texts() == shown
    assert stored(browser_page)["id"] == conversation
    expect(browser_page.get_by_label("Ihre Nachricht")).to_have_value("noch nicht fert")


def test_a_restored_transcript_is_not_read_out_again(browser_page: Page, base_url: str) -> None:
    open_chat(browser_page, base_url)
    ask(browser_page, QUESTION)
    browser_page.add_init_script(
        """
        window.announced = 0;
        customElements.whenDefined("lotse-chat").then(() => {
          const log = document.querySelector("lotse-chat").shadowRoot.querySelector("[role=log]");
          new MutationObserver((changes) => {
            for (const change of changes)
              for (const node of change.addedNodes)
                if (node.className?.startsWith("message") && log.getAttribute("aria-live") !== "off")
                  window.announced += 1;
          }).observe(log, { childList: true });
        });
        """
    )
    browser_page.reload()
    expect(bubbles(browser_page, "bot")).not_to_have_count(0)
    expect(log_of(browser_page)).to_have_attribute("aria-live", "polite")
    assert browser_page.evaluate("window.announced") == 0
    ask(browser_page, SECOND_QUESTION)
    # each message once: the own one and the replies to it
    new = len(transcript(browser_page, base_url)) - 3
    assert browser_page.evaluate("window.announced") == new


def test_a_lost_connection_is_said_and_the_text_goes_out_once_it_is_back(browser_page: Page, base_url: str) -> None:
    open_chat(browser_page, base_url)
    browser_page.context.set_offline(True)
    write(browser_page, QUESTION)
    expect(chat(browser_page)).to_contain_text("Keine Verbindung.")
    expect(log_of(browser_page)).to_contain_text("Noch nicht gesendet")
    expect(bubbles(browser_page, "citizen")).to_have_text([QUESTION])
    browser_page.context.set_offline(False)
    expect(bubbles(browser_page, "bot")).not_to_have_count(1, timeout=20_000)
    expect(log_of(browser_page)).not_to_contain_text("Noch nicht gesendet")
    expect(chat(browser_page)).not_to_contain_text("Keine Verbindung.")
    assert said_by_citizen(browser_page, base_url) == [QUESTION]


def test_text_written_offline_survives_a_reload_and_is_sent_once(browser_page: Page, base_url: str) -> None:
    open_chat(browser_page, base_url)
    browser_page.route(MESSAGES_CALL, lambda route: route.abort("internetdisconnected"))
    write(browser_page, QUESTION)
    expect(log_of(browser_page)).to_contain_text("Noch nicht gesendet")
    browser_page.unroute(MESSAGES_CALL)
    browser_page.reload()
    expect(bubbles(browser_page, "bot")).not_to_have_count(1, timeout=20_000)
    expect(bubbles(browser_page, "citizen")).to_have_text([QUESTION])
    assert said_by_citizen(browser_page, base_url) == [QUESTION]


def test_a_message_whose_reply_got_lost_is_not_sent_twice(browser_page: Page, base_url: str) -> None:
    open_chat(browser_page, base_url)

    def lose_the_reply(route: Route) -> None:
        route.fetch()  # the api takes the message, the browser never hears of it
        route.abort("connectionreset")

    browser_page.route(MESSAGES_CALL, once(lose_the_reply))
    with browser_page.expect_response(MESSAGES_CALL, timeout=20_000):
        write(browser_page, QUESTION)
    expect(bubbles(browser_page, "bot")).not_to_have_count(1, timeout=20_000)
    said = transcript(browser_page, base_url)
    assert [message["text"] for message in said if message["role"] == "citizen"] == [QUESTION]
    expect(bubbles(browser_page, "citizen")).to_have_count(1)
    expect(bubbles(browser_page, "bot")).to_have_count(sum(message["role"] == "bot" for message in said))


def test_too_many_messages_are_sent_later_by_themselves(browser_page: Page, base_url: str) -> None:
    open_chat(browser_page, base_url)
    refusal = json.dumps({"type": "urn:lotse:problem:too-many-messages", "status": 429, "detail": "Zu viele."})
    browser_page.route(
        MESSAGES_CALL,
        once(
            lambda route: route.fulfill(
                status=429,
                headers={"Retry-After": "2", "Content-Type": "application/problem+json"},
                body=refusal,
            )
        ),
    )
    write(browser_page, QUESTION)
    expect(chat(browser_page)).to_contain_text("Es geht von selbst weiter, in 2 Sekunden.")
    expect(bubbles(browser_page, "bot")).not_to_have_count(1, timeout=20_000)
    assert said_by_citizen(browser_page, base_url) == [QUESTION]


def test_a_conversation_that_has_gone_starts_anew_with_the_same_words(browser_page: Page, base_url: str) -> None:
    open_chat(browser_page, base_url)
    old = stored(browser_page)
    gone = httpx.delete(
        f"{base_url}/api/v1/conversations/{old['id']}",
        headers={"Authorization": f"Bearer {old['token']}"},
        trust_env=False,
    )
    assert gone.status_code == 204
    write(browser_page, QUESTION)
    expect(chat(browser_page)).to_contain_text("Ihr früheres Gespräch ist nicht mehr da.")
    expect(bubbles(browser_page, "bot")).to_have_count(2, timeout=20_000)
    assert stored(browser_page)["id"] != old["id"]
    assert said_by_citizen(browser_page, base_url) == [QUESTION]
    first = log_of(browser_page).locator(".message").first
    expect(first).to_contain_text("Computerprogramm, kein Mensch")


# --- A person ---------------------------------------------------------------------------------------------------


@pytest.fixture
def desk(system: Any) -> Iterator[httpx.Client]:
    """A caseworker at the desk, as another program would sign in."""
    with httpx.Client(base_url=system.api, trust_env=False, timeout=20) as client:
        signed_in = client.post("/session", json={"username": FIRST_USERNAME, "password": system.first_password})
        signed_in.raise_for_status()
        client.headers["Authorization"] = f"Bearer {signed_in.json()['token']}"
        yield client


def ask_for_a_person(page: Page, desk: httpx.Client) -> str:
    """Ask for a person in the chat; gives the request's id at the desk."""
    chat(page).locator(".person").click()
    expect(chat(page)).to_contain_text("Sie warten auf einen Menschen.", timeout=20_000)
    waiting = desk.get("/handoffs", params={"state": "waiting"}).raise_for_status().json()
    return next(entry["id"] for entry in waiting if entry["conversation"] == stored(page)["id"])


def test_a_person_takes_over_live_and_it_is_always_clear_who_speaks(
    browser_page: Page, base_url: str, desk: httpx.Client
) -> None:
    open_chat(browser_page, base_url)
    handoff = ask_for_a_person(browser_page, desk)
    person = chat(browser_page).locator(".person")
    expect(person).to_be_hidden()
    desk.post(f"/handoffs/{handoff}/claim").raise_for_status()
    expect(chat(browser_page)).to_contain_text("Sie sprechen jetzt mit Sachbearbeitung.")
    desk.post(f"/handoffs/{handoff}/messages", json={"text": "Guten Tag, wie kann ich helfen?"}).raise_for_status()
    expect(bubbles(browser_page, "caseworker")).to_have_text(["Guten Tag, wie kann ich helfen?"])
    expect(log_of(browser_page).locator(".message.caseworker")).to_contain_text("Sachbearbeitung (Mensch)")
    said_by_bot = bubbles(browser_page, "bot").count()
    write(browser_page, QUESTION)
    expect(bubbles(browser_page, "citizen").last).to_have_text(QUESTION)
    desk.post(f"/handoffs/{handoff}/messages", json={"text": "Das sehe ich nach."}).raise_for_status()
    expect(bubbles(browser_page, "caseworker")).to_have_count(2)
    expect(bubbles(browser_page, "bot")).to_have_count(said_by_bot)
    desk.post(f"/handoffs/{handoff}/release").raise_for_status()
    expect(chat(browser_page)).to_contain_text("Sie sprechen wieder mit dem Computerprogramm.")
    expect(person).to_be_visible()


def test_what_a_person_writes_while_the_line_is_dead_arrives_once(
    browser_page: Page, base_url: str, desk: httpx.Client
) -> None:
    open_chat(browser_page, base_url)
    handoff = ask_for_a_person(browser_page, desk)
    desk.post(f"/handoffs/{handoff}/claim").raise_for_status()
    expect(chat(browser_page)).to_contain_text("Sie sprechen jetzt mit")
    browser_page.context.set_offline(True)
    expect(chat(browser_page)).to_contain_text("Keine Verbindung.")
    desk.post(f"/handoffs/{handoff}/messages", json={"text": "Sind Sie noch da?"}).raise_for_status()
    browser_page.context.set_offline(False)
    expect(bubbles(browser_page, "caseworker")).to_have_text(["Sind Sie noch da?"], timeout=20_000)
    desk.post(f"/handoffs/{handoff}/messages", json={"text": "Gut."}).raise_for_status()
    expect(bubbles(browser_page, "caseworker")).to_have_text(["Sind Sie noch da?", "Gut."])
    desk.post(f"/handoffs/{handoff}/close").raise_for_status()
    expect(chat(browser_page)).to_contain_text("Dieses Gespräch ist beendet.")
    expect(browser_page.get_by_label("Ihre Nachricht")).to_be_hidden()


def test_a_reload_while_waiting_goes_on_waiting_and_the_request_can_be_taken_back(
    browser_page: Page, base_url: str, desk: httpx.Client
) -> None:
    open_chat(browser_page, base_url)
    handoff = ask_for_a_person(browser_page, desk)
    browser_page.reload()
    expect(chat(browser_page)).to_contain_text("Sie warten auf einen Menschen.")
    chat(browser_page).get_by_role("button", name="Nicht mehr warten").last.click()
    expect(chat(browser_page)).not_to_contain_text("Sie warten auf einen Menschen.")
    expect(chat(browser_page).locator(".person")).to_be_visible()
    waiting = desk.get("/handoffs", params={"state": "waiting"}).raise_for_status().json()
    assert handoff not in [entry["id"] for entry in waiting]


# --- Menu -------------------------------------------------------------------------------------------------------


def choose_in_menu(page: Page, entry: str) -> None:
    chat(page).get_by_role("button", name="Menü").click()
    chat(page).get_by_role("button", name=entry).click()


def test_deleting_asks_first_and_then_erases_the_conversation(browser_page: Page, base_url: str) -> None:
    open_chat(browser_page, base_url)
    ask(browser_page, QUESTION)
    old = stored(browser_page)
    choose_in_menu(browser_page, "Gespräch löschen")
    chat(browser_page).get_by_role("button", name="Abbrechen").click()
    assert said_by_citizen(browser_page, base_url) == [QUESTION]
    choose_in_menu(browser_page, "Gespräch löschen")
    chat(browser_page).get_by_role("button", name="Ja, löschen").click()
    expect(chat(browser_page)).to_contain_text("Ihr Gespräch ist gelöscht.")
    expect(log_of(browser_page).locator(".bubble")).to_have_count(0)
    assert "token" not in stored(browser_page)
    answer = httpx.get(
        f"{base_url}/api/v1/conversations/{old['id']}",
        headers={"Authorization": f"Bearer {old['token']}"},
        trust_env=False,
    )
    assert answer.status_code == 404
    chat(browser_page).get_by_role("button", name="Neue Unterhaltung").last.click()
    expect(bubbles(browser_page, "bot")).to_have_count(1)


def test_the_transcript_can_be_kept_with_its_sources(browser_page: Page, base_url: str) -> None:
    open_chat(browser_page, base_url)
    ask(browser_page, QUESTION)
    with browser_page.expect_download() as download:
        choose_in_menu(browser_page, "Verlauf speichern")
    text = download.value.path().read_text(encoding="utf-8-sig")
    assert download.value.suggested_filename.endswith(".txt")
    assert QUESTION in text
    assert "§ 22 SGB II" in text
    assert "Computerprogramm" in text


# --- For everybody ----------------------------------------------------------------------------------------------


def test_everything_goes_by_keyboard_alone(browser_page: Page, base_url: str) -> None:
    browser_page.goto(base_url)
    launcher = browser_page.get_by_role("button", name="Fragen? Chat öffnen")
    for _ in range(60):
        browser_page.keyboard.press("Tab")
        if launcher.evaluate("node => node.getRootNode().activeElement === node"):
            break
    expect(launcher).to_be_focused()
    browser_page.keyboard.press("Enter")
    field = browser_page.get_by_label("Ihre Nachricht")
    expect(field).to_be_focused()
    expect(bubbles(browser_page, "bot")).to_have_count(1)
    browser_page.keyboard.type(QUESTION)
    browser_page.keyboard.press("Enter")
    expect(bubbles(browser_page, "bot")).not_to_have_count(1, timeout=20_000)
    # backwards from the input: feedback, choices, then the sources, which open with the Enter key
    summary = log_of(browser_page).locator("summary").last
    for _ in range(20):
        browser_page.keyboard.press("Shift+Tab")
        if summary.evaluate("node => node.getRootNode().activeElement === node"):
            break
    expect(summary).to_be_focused()
    browser_page.keyboard.press("Enter")
    expect(log_of(browser_page).locator(".sources a").first).to_be_visible()
    browser_page.keyboard.press("Escape")
    expect(chat(browser_page)).to_be_hidden()
    expect(launcher).to_be_focused()


def test_after_a_choice_by_keyboard_the_next_tab_reaches_the_reply(browser_page: Page, base_url: str) -> None:
    open_chat(browser_page, base_url)
    log_of(browser_page).locator(".choices button").first.focus()
    browser_page.keyboard.press("Enter")
    expect(bubbles(browser_page, "bot")).not_to_have_count(1, timeout=20_000)
    browser_page.keyboard.press("Tab")
    focused_in_reply = """
        () => {
          const root = document.querySelector("lotse-chat").shadowRoot;
          const own = root.querySelector(".message.citizen");
          const here = root.activeElement;
          return Boolean(here) && Boolean(own.compareDocumentPosition(here) & Node.DOCUMENT_POSITION_FOLLOWING);
        }
    """
    assert browser_page.evaluate(focused_in_reply)


def test_on_a_phone_the_focus_stays_in_the_chat_that_covers_the_page(browser: Browser, base_url: str) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 740}, locale="de-DE")
    page = context.new_page()
    open_chat(page, base_url)
    expect(chat(page)).to_have_attribute("aria-modal", "true")
    for _ in range(15):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.localName") == "lotse-chat"
    context.close()


@pytest.mark.parametrize("colors", ["light", "dark"])
def test_a_checker_finds_no_barrier_in_the_chat(browser: Browser, base_url: str, colors: Any) -> None:
    context = browser.new_context(color_scheme=colors, reduced_motion="reduce", locale="de-DE")
    page = context.new_page()
    open_chat(page, base_url)
    answer = ask(page, QUESTION)
    answer.locator("summary").click()
    chat(page).get_by_role("button", name="Menü").click()
    result = Axe().run(page)
    context.close()
    assert result.violations_count == 0, result.generate_report()


@pytest.mark.parametrize("colors", ["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_a_checker_finds_no_barrier_on_the_pages(browser: Browser, base_url: str, path: str, colors: Any) -> None:
    context = browser.new_context(color_scheme=colors, reduced_motion="reduce", locale="de-DE")
    page = context.new_page()
    page.goto(base_url + path)
    expect(page.get_by_role("button", name="Fragen? Chat öffnen")).to_be_visible()
    result = Axe().run(page)
    context.close()
    assert result.violations_count == 0, result.generate_report()


OVERFLOWING = """
    () => {
      const root = document.querySelector("lotse-chat").shadowRoot;
      const wide = Array.from(root.querySelectorAll(".panel *"))
        .filter((node) => node.getClientRects().length && !node.closest(".unseen"))
        .filter((node) => node.getBoundingClientRect().right > innerWidth + 1 || node.getBoundingClientRect().left < -1)
        .map((node) => node.outerHTML.slice(0, 120));
      const sideways = document.documentElement.scrollWidth > innerWidth;
      return sideways ? ["the page scrolls sideways", ...wide] : wide;
    }
"""


@pytest.mark.parametrize(
    ("width", "height", "text_size"),
    [(320, 640, "100%"), (320, 256, "100%"), (360, 740, "200%"), (1280, 800, "200%"), (740, 360, "100%")],
)
def test_nothing_is_cut_off_on_small_screens_and_with_large_text(
    browser: Browser, base_url: str, width: int, height: int, text_size: str
) -> None:
    context = browser.new_context(viewport={"width": width, "height": height}, locale="de-DE")
    page = context.new_page()
    page.goto(base_url)
    page.evaluate("size => { document.documentElement.style.fontSize = size; }", text_size)
    page.get_by_role("button", name="Fragen? Chat öffnen").click()
    expect(bubbles(page, "bot")).to_have_count(1)
    ask(page, QUESTION).locator("summary").click()
    overflowing = page.evaluate(OVERFLOWING)
    field = page.get_by_label("Ihre Nachricht").bounding_box()
    context.close()
    assert overflowing == []
    assert field["y"] >= 0
    assert field["y"] + field["height"] <= height


def test_the_text_size_of_the_menu_reaches_200_percent_and_stays(browser_page: Page, base_url: str) -> None:
    open_chat(browser_page, base_url)
    size = "node => parseFloat(getComputedStyle(node).fontSize)"
    usual = bubbles(browser_page, "bot").first.evaluate(size)
    chat(browser_page).get_by_role("button", name="Menü").click()
    larger = chat(browser_page).get_by_role("button", name="Schrift größer")
    for _ in range(3):
        larger.click()
    assert bubbles(browser_page, "bot").first.evaluate(size) == 2 * usual
    browser_page.reload()
    assert bubbles(browser_page, "bot").first.evaluate(size) == 2 * usual


def test_the_chat_asks_for_no_motion_where_none_is_wished(browser: Browser, base_url: str) -> None:
    context = browser.new_context(reduced_motion="reduce", locale="de-DE")
    page = context.new_page()
    open_chat(page, base_url)
    with held_messages(page) as held:
        write(page, QUESTION)
        expect(page.locator("lotse-chat .typing")).to_be_visible()
        moving = page.evaluate("document.querySelector('lotse-chat').shadowRoot.getAnimations().length")
        held[0].continue_()
        expect(bubbles(page, "bot")).not_to_have_count(1, timeout=20_000)
    context.close()
    assert moving == 0
