"""The web chat in seven languages: chosen, kept, noticed, from right to left, and without a mouse."""

import json
import re
from typing import Any

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, Route, expect

from tests.end_to_end.test_widget import MESSAGES_CALL, OVERFLOWING, stored, transcript

NAMES = {
    "de": "Deutsch",
    "en": "English",
    "uk": "Українська",
    "ru": "Русский",
    "ar": "العربية",
    "tr": "Türkçe",
    "de-leicht": "Leichte Sprache",
}
PLACEHOLDERS = {
    "de": "Ihre Frage",
    "en": "Your question",
    "uk": "Ваше запитання",
    "ru": "Ваш вопрос",
    "ar": "سؤالكم",
    "tr": "Sorunuz",
    "de-leicht": "Ihre Frage",
}
ARABIC_ANSWER = {
    "kind": "answer",
    "text": (
        "Lotse يساعدكم: يدفع Jobcenter الإيجار عادةً (§ 22 Abs. 1 SGB II).\n\n"
        "- السكن والتدفئة\n- مساعدة النساء: 116 016\n\n"
        "اتصلوا على 0800 111 0 111 أو اكتبوا إلى hilfe@beispiel.example."
    ),
    "data": {"language": "ar"},
    "citations": [
        {
            "label": "§ 22 SGB II",
            "title": "Bedarfe für Unterkunft und Heizung",
            "url": "https://www.gesetze-im-internet.de/sgb_2/__22.html",
            "as_of": "2026-08-19",
        }
    ],
    "choices": [{"title": "Termin: Miete", "payload": "/a"}, {"title": "التحدث مع موظف", "payload": "/talk_to_human"}],
}
GERMAN_ANSWER = {
    "kind": "answer",
    "text": "هذه الإجابة متوفرة باللغة الألمانية فقط.\n\nDie Kaution ist meist ein Darlehen.\n\n- Fragen Sie vorher.",
    "data": {"language": "ar", "german_from": 1},
}
APPOINTMENT = {
    "kind": "appointment",
    "text": "تم حجز موعدكم.",
    "data": {
        "language": "ar",
        "service_name": "Beratung zu Bescheid und Geld",
        "site_name": "Jobcenter Musterstadt",
        "address": "Rathausplatz 1, 12345 Musterstadt",
        "starts_at": "2026-11-24T14:00:00+01:00",
        "ends_at": "2026-11-24T14:30:00+01:00",
    },
}


def part(page: Page, selector: str) -> Locator:
    """A piece of the chat by its place, since its words change."""
    return page.locator(f"lotse-chat {selector}")


def frame(page: Page) -> Locator:
    return part(page, ".frame")


def open_chat(page: Page, address: str) -> None:
    page.goto(address)
    part(page, ".launcher").click()
    expect(part(page, ".message.bot")).to_have_count(1)


def choose(page: Page, language: str) -> None:
    """By the globe in the head."""
    part(page, "[aria-controls=languages]").click()
    part(page, f"#languages [data-language='{language}']").click()


def expect_language(page: Page, language: str) -> None:
    expect(part(page, "textarea")).to_have_attribute("placeholder", PLACEHOLDERS[language])
    expect(frame(page)).to_have_attribute("lang", language.removesuffix("-leicht"))
    expect(frame(page)).to_have_attribute("dir", "rtl" if language == "ar" else "ltr")


def language_at_the_hub(page: Page, base_url: str) -> str:
    kept = stored(page)
    answer = httpx.get(
        f"{base_url}/api/v1/conversations/{kept['id']}",
        headers={"Authorization": f"Bearer {kept['token']}"},
        trust_env=False,
    )
    return str(answer.raise_for_status().json()["language"])


def answered_with(page: Page, language: str, *messages: dict[str, Any]) -> None:
    """Write something; the hub's answer is these messages."""
    body = {
        "state": "bot",
        "language": language,
        "messages": [
            {"id": f"made-{number}", "role": "bot", "created_at": "2026-11-23T09:31:00+01:00", **message}
            for number, message in enumerate(messages)
        ],
    }

    def answer(route: Route) -> None:
        route.fulfill(status=200, content_type="application/json", body=json.dumps(body))

    page.route(MESSAGES_CALL, answer)
    before = part(page, ".message.bot").count()
    part(page, "textarea").fill("?")
    part(page, "textarea").press("Enter")
    expect(part(page, ".message.bot")).to_have_count(before + len(messages))
    page.unroute(MESSAGES_CALL)


# --- Choosing ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", [language for language in NAMES if language != "de"])
def test_the_greeting_offers_every_language_by_its_own_name_and_the_bot_answers_in_it(
    browser_page: Page, base_url: str, language: str
) -> None:
    open_chat(browser_page, base_url)
    offered = part(browser_page, ".tongues button:visible")
    assert {name.strip() for name in offered.all_inner_texts()} == set(NAMES.values()) - {"Deutsch"}
    part(browser_page, f".tongues [data-language='{language}']").click()
    expect(part(browser_page, ".message.bot")).not_to_have_count(1, timeout=20_000)
    expect_language(browser_page, language)
    expect(part(browser_page, ".message.citizen .bubble")).to_have_text(NAMES[language])
    assert language_at_the_hub(browser_page, base_url) == language
    reply = transcript(browser_page, base_url)[2]
    assert language == "de-leicht" or reply["data"]["language"] == language
    expect(part(browser_page, ".tongues")).to_be_hidden()


def test_switching_keeps_transcript_draft_and_what_was_opened(browser_page: Page, base_url: str) -> None:
    open_chat(browser_page, base_url)
    part(browser_page, "textarea").fill("Zahlt das Jobcenter am Anfang meine ganze Miete?")
    part(browser_page, "textarea").press("Enter")
    part(browser_page, "summary").click(timeout=20_000)
    shown = part(browser_page, ".message .bubble .body").all_inner_texts()
    conversation = stored(browser_page)["id"]
    part(browser_page, "textarea").fill("noch nicht fert")
    choose(browser_page, "uk")
    expect_language(browser_page, "uk")
    expect(part(browser_page, ".message.citizen")).to_have_count(2)
    assert part(browser_page, ".message .bubble .body").all_inner_texts()[: len(shown)] == shown
    expect(part(browser_page, "textarea")).to_have_value("noch nicht fert")
    expect(part(browser_page, ".sources a").first).to_be_visible()
    expect(part(browser_page, "summary").first).to_have_text(re.compile(r"^Джерела \(\d+\)$"))
    assert stored(browser_page)["id"] == conversation


def test_a_reload_keeps_the_language_in_this_session_only(browser_page: Page, base_url: str) -> None:
    open_chat(browser_page, base_url)
    choose(browser_page, "tr")
    expect(part(browser_page, ".message.bot")).not_to_have_count(1, timeout=20_000)
    browser_page.reload()
    expect_language(browser_page, "tr")
    expect(part(browser_page, ".message.citizen .bubble")).to_have_text(NAMES["tr"])
    assert browser_page.evaluate("localStorage.length") == 0
    assert browser_page.context.cookies() == []


def test_a_new_conversation_begins_in_the_chosen_language(browser_page: Page, base_url: str) -> None:
    open_chat(browser_page, base_url)
    choose(browser_page, "en")
    expect(part(browser_page, ".message.bot")).not_to_have_count(1, timeout=20_000)
    part(browser_page, "[aria-controls=menu]").click()
    part(browser_page, "#menu").get_by_role("button", name="New chat").click()
    expect(part(browser_page, ".message.bot")).to_have_count(1)
    assert transcript(browser_page, base_url)[0]["data"]["language"] == "en"


def test_the_chat_follows_the_language_somebody_writes_and_the_way_back(browser_page: Page, base_url: str) -> None:
    open_chat(browser_page, base_url)
    part(browser_page, "textarea").fill("Мені потрібна допомога з орендою квартири")
    part(browser_page, "textarea").press("Enter")
    expect(part(browser_page, ".message.bot")).not_to_have_count(1, timeout=20_000)
    expect_language(browser_page, "uk")
    part(browser_page, ".message.bot").nth(1).locator(".choices button").first.click()
    expect_language(browser_page, "de")
    assert language_at_the_hub(browser_page, base_url) == "de"


def test_a_language_chosen_without_connection_arrives_when_it_is_back(browser_page: Page, base_url: str) -> None:
    open_chat(browser_page, base_url)
    browser_page.route("**/api/v1/**", lambda route: route.abort("internetdisconnected"))
    choose(browser_page, "ru")
    expect_language(browser_page, "ru")
    expect(part(browser_page, ".notice")).to_be_visible()
    browser_page.unroute("**/api/v1/**")
    browser_page.reload()
    expect(part(browser_page, ".message.bot")).not_to_have_count(1, timeout=20_000)
    expect_language(browser_page, "ru")
    assert language_at_the_hub(browser_page, base_url) == "ru"
    expect(part(browser_page, ".message.citizen .bubble")).to_have_text([NAMES["ru"]])


# --- By the page ------------------------------------------------------------------------------------------------


def test_the_page_chooses_by_an_attribute_and_the_demo_by_its_address(browser_page: Page, base_url: str) -> None:
    open_chat(browser_page, f"{base_url}/?language=uk")
    expect_language(browser_page, "uk")
    assert language_at_the_hub(browser_page, base_url) == "uk"
    expect(part(browser_page, ".message.bot .bubble p").first).to_have_attribute("lang", "uk")


@pytest.mark.parametrize("language", ["xx", "constructor", "", "pl-PL"])
def test_an_unknown_language_is_german(browser_page: Page, base_url: str, language: str) -> None:
    browser_page.goto(base_url)
    browser_page.evaluate(
        """language => {
          document.querySelector("lotse-chat").remove();
          sessionStorage.setItem("lotse-chat:musterkreis", JSON.stringify({ language }));
          const chat = document.createElement("lotse-chat");
          chat.setAttribute("tenant", "musterkreis");
          chat.setAttribute("language", language);
          document.body.append(chat);
        }""",
        language,
    )
    part(browser_page, ".launcher").click()
    expect(part(browser_page, ".message.bot")).to_have_count(1)
    expect_language(browser_page, "de")
    assert language_at_the_hub(browser_page, base_url) == "de"


def test_without_its_words_the_chat_goes_on_in_german_and_the_bot_in_the_language(
    browser_page: Page, base_url: str
) -> None:
    browser_page.route("**/widget/*.js*", lambda route: route.abort())
    open_chat(browser_page, f"{base_url}/?language=ar")
    expect_language(browser_page, "de")
    greeting = part(browser_page, ".message.bot .bubble p").first
    expect(greeting).to_have_attribute("lang", "ar")
    expect(greeting).to_have_attribute("dir", "rtl")


def test_german_loads_no_words(browser_page: Page, base_url: str) -> None:
    loaded: list[str] = []
    browser_page.on("request", lambda request: loaded.append(request.url) if "/widget/" in request.url else None)
    open_chat(browser_page, base_url)
    assert loaded == []
    choose(browser_page, "en")
    expect_language(browser_page, "en")
    assert len(loaded) == 1 and re.search(r"/widget/en\.js\?v=[0-9a-f]{8}$", loaded[0])


# --- From right to left -----------------------------------------------------------------------------------------

GROUPS = """
    ([selector, whole]) => {
      const root = document.querySelector("lotse-chat").shadowRoot;
      const walker = document.createTreeWalker(root.querySelector(selector), NodeFilter.SHOW_TEXT);
      while (walker.nextNode()) {
        const at = walker.currentNode.data.indexOf(whole);
        if (at < 0) continue;
        const boxes = [];
        for (const group of whole.matchAll(/[^ ]+/g)) {
          const range = document.createRange();
          range.setStart(walker.currentNode, at + group.index);
          range.setEnd(walker.currentNode, at + group.index + group[0].length);
          const { left, top } = range.getBoundingClientRect();
          boxes.push([Math.round(top), left]);
        }
        return boxes;
      }
      return null;
    }
"""


@pytest.mark.parametrize("whole", ["116 016", "0800 111 0 111", "§ 22 Abs. 1 SGB II"])
def test_in_arabic_the_groups_of_a_number_keep_their_order(browser_page: Page, base_url: str, whole: str) -> None:
    open_chat(browser_page, f"{base_url}/?language=ar")
    answered_with(browser_page, "ar", ARABIC_ANSWER)
    boxes = browser_page.evaluate(GROUPS, [".message.answer", whole])
    assert boxes is not None
    assert boxes == sorted(boxes) and len({top for top, _ in boxes}) == 1


def test_a_number_the_citizen_writes_among_arabic_keeps_its_order(browser_page: Page, base_url: str) -> None:
    open_chat(browser_page, f"{base_url}/?language=ar")
    part(browser_page, "textarea").fill("رقمي 0176 123 456 من فضلكم")
    part(browser_page, "textarea").press("Enter")
    boxes = browser_page.evaluate(GROUPS, [".message.citizen", "0176 123 456"])
    assert boxes is not None and boxes == sorted(boxes)
    expect(part(browser_page, ".message.citizen .bubble")).to_have_text("رقمي 0176 123 456 من فضلكم")


def test_arabic_runs_from_right_to_left_though_a_name_stands_first(browser_page: Page, base_url: str) -> None:
    open_chat(browser_page, f"{base_url}/?language=ar")
    expect_language(browser_page, "ar")
    answered_with(browser_page, "ar", ARABIC_ANSWER)
    answer = part(browser_page, ".message.answer")
    expect(answer.locator(".body p").first).to_have_css("direction", "rtl")
    expect(answer.locator(".body ul")).to_have_css("direction", "rtl")
    side = part(browser_page, ".panel").bounding_box()
    button, close = (part(browser_page, name).bounding_box() for name in (".send", ".head .tool:last-child"))
    middle = side["x"] + side["width"] / 2
    assert button["x"] < middle and close["x"] < middle
    assert part(browser_page, ".send svg").evaluate("node => getComputedStyle(node).transform").startswith("matrix(-1")


def test_german_in_an_arabic_chat_is_marked_as_german(browser_page: Page, base_url: str) -> None:
    open_chat(browser_page, f"{base_url}/?language=ar")
    answered_with(browser_page, "ar", ARABIC_ANSWER, GERMAN_ANSWER)
    note, german = (part(browser_page, f".message >> nth=3 >> .body >> nth={number}") for number in (0, 1))
    expect(note.locator("p")).to_have_attribute("lang", "ar")
    for block in (german.locator("p"), german.locator("ul")):
        expect(block).to_have_attribute("lang", "de")
        expect(block).to_have_attribute("dir", "ltr")
    part(browser_page, "summary").click()
    expect(part(browser_page, ".sources b")).to_have_attribute("lang", "de")
    expect(
        part(
            browser_page,
            ".choices button",
        ).filter(has_text="Termin: Miete")
    ).to_have_attribute("lang", "de")


@pytest.mark.parametrize(
    ("language", "written"),
    [
        ("de", "Dienstag, 24. November 2026, 14:00 bis 14:30 Uhr"),
        ("en", "24 November 2026, 14:00 to 14:30"),
        ("uk", "14:00"),
        ("tr", "24 Kasım 2026 Salı, 14:00"),
        ("ar", "الثلاثاء، 24 نوفمبر 2026، 02:00 م"),
    ],
)
def test_dates_are_written_as_in_the_language(browser_page: Page, base_url: str, language: str, written: str) -> None:
    open_chat(browser_page, f"{base_url}/?language={language}")
    answered_with(browser_page, language, APPOINTMENT)
    card = part(browser_page, ".card")
    expect(card.locator("dd").first).to_contain_text(written)
    expect(card.locator("dd").last).to_have_text("Jobcenter Musterstadt, Rathausplatz 1, 12345 Musterstadt")
    choose(browser_page, "de" if language != "de" else "en")
    expect(card.locator("dd").first).to_contain_text("24. November" if language != "de" else "24 November")


# --- For everybody ----------------------------------------------------------------------------------------------


def test_a_language_can_be_chosen_by_keyboard_alone(browser_page: Page, base_url: str) -> None:
    open_chat(browser_page, base_url)
    globe = part(browser_page, "[aria-controls=languages]")
    expect(globe).to_have_accessible_name("Sprache wählen (Language)")
    for _ in range(20):
        browser_page.keyboard.press("Shift+Tab")
        if globe.evaluate("node => node.getRootNode().activeElement === node"):
            break
    expect(globe).to_be_focused()
    browser_page.keyboard.press("Enter")
    expect(globe).to_have_attribute("aria-expanded", "true")
    expect(part(browser_page, "#languages [data-language=de]")).to_be_focused()
    browser_page.keyboard.press("Escape")
    expect(globe).to_be_focused()
    expect(part(browser_page, "#languages")).to_be_hidden()
    browser_page.keyboard.press("Enter")
    browser_page.keyboard.press("ArrowDown")
    browser_page.keyboard.press("ArrowDown")
    browser_page.keyboard.press("Enter")
    expect_language(browser_page, "uk")
    expect(globe).to_be_focused()
    expect(globe).to_have_accessible_name("Обрати мову (Language)")


def test_every_language_button_is_as_large_as_a_finger(browser: Browser, base_url: str) -> None:
    context = browser.new_context(viewport={"width": 320, "height": 640}, locale="de-DE")
    page = context.new_page()
    open_chat(page, base_url)
    part(page, "[aria-controls=languages]").click()
    buttons = part(page, "[data-language]:visible, .tool:visible")
    boxes = [buttons.nth(number).bounding_box() for number in range(buttons.count())]
    context.close()
    assert len(boxes) == 6 + 7 + 3
    assert [box for box in boxes if box["height"] < 44 or box["width"] < 44] == []


@pytest.mark.parametrize("colors", ["light", "dark"])
@pytest.mark.parametrize("language", list(NAMES))
def test_a_checker_finds_no_barrier_and_nothing_is_cut_off_in_any_language(
    browser: Browser, base_url: str, language: str, colors: Any
) -> None:
    context = browser.new_context(
        viewport={"width": 320, "height": 640}, color_scheme=colors, reduced_motion="reduce", locale="de-DE"
    )
    page = context.new_page()
    open_chat(page, f"{base_url}/?language={language}")
    greeting = Axe().run(page)
    made = [ARABIC_ANSWER, GERMAN_ANSWER, APPOINTMENT, {"kind": "crisis", "text": "112, 116 016"}]
    answered_with(page, language, *made)
    part(page, "summary").click()
    part(page, "[aria-controls=languages]").click()
    talk = Axe().run(page)
    overflowing = page.evaluate(OVERFLOWING)
    context.close()
    assert greeting.violations_count == 0, greeting.generate_report()
    assert talk.violations_count == 0, talk.generate_report()
    assert overflowing == []
