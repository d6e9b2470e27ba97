"""The responsible office: site, team and hours for a place, and the ways of their own for some people and concerns."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import datetime, time
from typing import Any

from babel.dates import get_day_names
from rasa_sdk import Tracker
from rasa_sdk.events import EventType, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from api.languages.catalog import locale_of
from bot.actions import clock
from bot.actions.answers import look_up, say_article
from bot.actions.api_client import ApiProblem, ApiUnavailable, api
from bot.actions.contacts import contact_words
from bot.actions.conversation import forget
from bot.actions.form_turn import Question, inform, question, times_asked, way_out
from bot.actions.language import current_language, in_german
from bot.actions.offers import WEEKDAYS, clock_words, day_words, local, options_heard
from bot.actions.one_question import AWAY, GIVEN_UP, ValidateOneQuestion
from bot.actions.sentences import PERSON, listed, message, phrase
from bot.actions.step import Step
from bot.actions.turn import Turn
from bot.nlu.plain_text import plain

FORM, PLACE, TOPIC = "office_form", "office_place", "office_topic"
RESUME = "resume_other"
ROUTES_AT_MOST = 2  # two ways equally likely are both told; more would be a list
EMPLOYERS, EMPLOYERS_ARTICLE, LANDLORD_ARTICLE = "employers", "arbeitgeber-foerderung", "vermieter-auskunft"
_DAYS = ("mo", "di", "mi", "do", "fr", "sa", "so")
_A_TENANT = re.compile(r"\b(?:unter)?mieter(?:s|n|in|innen)?\b")


def _payload(intent: str, **values: str) -> str:
    return f"/{intent}{json.dumps(values, ensure_ascii=False, separators=(',', ':'))}"


# --- hours in words


def now_words(site: dict[str, Any], now: datetime) -> str:
    """How it stands at this moment: open until when, or closed until when."""
    if site["open_now"]:
        return phrase("office_open_until", time=clock_words(local(site["closes_at"])))
    if not site["next_opening"]:
        return phrase("office_closed")
    opens = local(site["next_opening"])
    days = (opens.date() - now.date()).days
    at = clock_words(opens)
    if days in (0, 1):
        when = phrase(("office_today", "office_tomorrow")[days], time=at)
    else:
        day = day_words(opens.date(), now.date())
        when = phrase("office_on_day", day=f"{day}," if in_german() else day, time=at)
    if site["occasion"]:
        return phrase("office_closed_for", occasion=site["occasion"], when=when)
    return phrase("office_opens", when=when)


def week_words(hours: Sequence[dict[str, str]]) -> str:
    """The week: days with the same hours together."""
    by_day = {
        day: tuple(sorted((entry["opens"], entry["closes"]) for entry in hours if entry["weekday"] == day))
        for day in _DAYS
    }
    groups: dict[tuple[tuple[str, str], ...], list[str]] = {}
    for number, day in enumerate(_DAYS):
        if by_day[day]:
            name = WEEKDAYS[number] if in_german() else get_day_names(locale=locale_of(current_language()))[number]
            groups.setdefault(by_day[day], []).append(name)
    return "; ".join(
        f"{listed(days, 'und')}: {listed([_span(opens, closes) for opens, closes in spans], 'und')}"
        for spans, days in groups.items()
    )


def _span(opens: str, closes: str) -> str:
    first, last = time.fromisoformat(opens), time.fromisoformat(closes)
    # "8 bis 12 Uhr", but "8:30 Uhr bis 12 Uhr"
    start = str(first.hour) if in_german() and not first.minute else clock_words(first)
    return phrase("office_span", opens=start, closes=clock_words(last))


# --- messages


def office_message(found: dict[str, Any], *, phone: bool, now: datetime) -> dict[str, Any]:
    """The site for a place, with the team where a concern was named."""
    site, team = found["site"], found["team"]
    named = _team_words(found) if team else ""
    said = message(
        "office_found",
        choices=_choices(found, site, phone=phone),
        data=_data(site, team),
        place=found["place"]["name"],
        site=site["name"],
        address=site["address"],
        heard_address=_heard_address(site["address"]),
        hours=f"{now_words(site, now)}. {week_words(site['hours'])}",
        heard_hours=_sentence(now_words(site, now)),
        transport=site["transport"],
        accessibility=site["accessibility"],
        phone=contact_words(site["phone"]),
        heard_team=f"{named} " if named else "",
    )
    if named:
        said["text"] += f"\n\n{named}"
    return said


def hours_message(site: dict[str, Any], *, phone: bool, now: datetime) -> dict[str, Any]:
    """Today first, then the week."""
    week = week_words(site["hours"])
    return message(
        "office_hours",
        choices=[_book({"appointment_site": site["id"]}), *([] if phone else [_way_there(site)]), PERSON],
        data=_data(site, None),
        site=site["name"],
        now=now_words(site, now),
        week="\n".join(f"- {line}" for line in week.split("; ")),
        heard_week=week.replace("; ", ". "),
    )


def route_message(route: dict[str, Any], now: datetime) -> dict[str, Any]:
    """A way of its own: who it is and how to reach it, never a person's own number."""
    site = route["site"]
    times = route["times"] or (now_words(site, now) if site else "")
    lines = [
        phrase(f"route_{name}", value=value)
        for name, value in (
            ("site", site["name"] if site else ""),
            ("number", contact_words(route["phone"]) if route["phone"] else ""),
            ("email", route["email"]),
            ("times", times),
            ("address", route["address"]),
            ("url", route["url"]),
        )
        if value
    ]
    about = "\n".join([f"{route['about']}\n" if route["about"] else "", *(f"- {line}" for line in lines)]).strip()
    heard = [
        phrase("route_site_spoken", site=site["name"]) if site else "",
        phrase("route_number_spoken", phone=contact_words(route["phone"])) if route["phone"] else "",
    ]
    links = [{"kind": "map", "title": site["name"], "url": site["map_url"]}] if site and site["map_url"] else []
    return message(
        "special_route",
        choices=_route_choices(route),
        data={"route": route["id"], "site": site["id"] if site else None, "team": route["team"], "links": links},
        name=route["name"],
        about=about,
        heard=" ".join(sentence for sentence in heard if sentence),
    )


def _team_words(found: dict[str, Any]) -> str:
    """Which team, and where it is if people of this place meet it elsewhere."""
    team = found["team"]
    name = team["name"] if "team" in team["name"].lower() else phrase("office_team_name", team=team["name"])
    topic = found["concern"] or team["about"]
    if team["site"] and team["site"] != found["site"]["id"]:
        return phrase("office_team_elsewhere", topic=topic, team=name, site=found["team_site_name"])
    return phrase("office_team", topic=topic, team=name)


def _choices(found: dict[str, Any], site: dict[str, Any], *, phone: bool) -> list[dict[str, str]]:
    met = (found["team"] or {}).get("site") or site["id"]
    service = {"service": found["service"]} if found["service"] else {}
    hours = {"title": "Öffnungszeiten", "payload": _payload("opening_hours", office_place=site["id"])}
    return [_book({**service, "appointment_site": met}), *([hours] if phone else []), PERSON]


def _route_choices(route: dict[str, Any]) -> list[dict[str, str]]:
    choices = []
    if route["service"]:
        at = {"appointment_site": route["site"]["id"]} if route["site"] else {}
        choices.append(_book({"service": route["service"], **at}))
    if route["article"]:
        choices.append({"title": "Mehr dazu", "payload": _payload("ask_article", article=route["article"])})
    return [*choices, PERSON]


def _book(values: dict[str, str]) -> dict[str, str]:
    return {"title": "Termin buchen", "payload": _payload("book_appointment", **values)}


def _way_there(site: dict[str, Any]) -> dict[str, str]:
    return {"title": "Adresse und Weg", "payload": _payload("find_office", office_place=site["id"])}


def _data(site: dict[str, Any], team: dict[str, Any] | None) -> dict[str, Any]:
    links = [{"kind": "map", "title": site["name"], "url": site["map_url"]}] if site["map_url"] else []
    return {"site": site["id"], "team": team["id"] if team else None, "links": links}


def _heard_address(address: str) -> str:
    """Street and town without the postcode, which nobody writes down on the telephone."""
    return re.sub(r",\s*\d{5}\s+", ", ", address)


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}."


# --- finding it


async def found_for(turn: Turn, place: str | None, topic: str | None) -> dict[str, Any]:
    """What the hub knows about a place and a topic; ways of their own only where a topic was named."""
    found = await api.offices(tenant=turn.tenant, place=place, topic=topic)
    if not topic:
        found["routes"] = []
    elsewhere = (found["team"] or {}).get("site")
    if elsewhere and found["site"] and elsewhere != found["site"]["id"]:
        names = {site["id"]: site["name"] for site in await api.sites(tenant=turn.tenant)}
        found["team_site_name"] = names[elsewhere]
    return found


def is_answer(found: dict[str, Any]) -> bool:
    """Whether that can be said now; otherwise the place is still to be asked for."""
    return bool(found["place"]) or bool(found["routes"] and not found["needs_place"])


async def say_office(dispatcher: CollectingDispatcher, turn: Turn, found: dict[str, Any]) -> list[EventType]:
    """Say who is responsible: another job centre, a way of its own, or the site for the place."""
    now = clock.now()
    if found["place"] and not found["place"]["ours"]:
        said = message("office_not_ours", place=found["place"]["name"])
        dispatcher.utter_message(json_message=said)
        events = await say_article(dispatcher, turn, found["article"])
        return [*events, SlotSet("last_outcome", "answered")]
    routes = found["routes"][:ROUTES_AT_MOST]
    for route in routes:
        dispatcher.utter_message(json_message=route_message(route, now))
    if not routes:
        dispatcher.utter_message(json_message=office_message(found, phone=turn.phone, now=now))
    return [SlotSet("last_outcome", "answered"), SlotSet("misunderstood", 0)]


class ActionFindOffice(Step):
    """Answers at once where place or way stand in the message; otherwise asks for the place."""

    def name(self) -> str:
        return "action_find_office"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        turn = Turn.of(tracker)
        in_form = bool(tracker.active_loop.get("name"))
        try:
            found = await found_for(turn, turn.carried(PLACE) or turn.text, turn.carried(TOPIC) or turn.text)
        except (ApiUnavailable, ApiProblem):
            dispatcher.utter_message(json_message=message("knowledge_away"))
            return [SlotSet("last_outcome", "failed")]
        if is_answer(found):
            return [*await say_office(dispatcher, turn, found), *forget(TOPIC)]
        if in_form:  # another form is open and keeps its question: no second one is put
            return await look_up(dispatcher, turn, in_form=True)
        return [*forget(PLACE, TOPIC, "question"), FollowupAction(FORM)]


class ValidateOfficeForm(ValidateOneQuestion):
    """Takes a postcode, a town, a quarter, a site or a way of its own for an answer."""

    form, slot, own_intents = FORM, PLACE, ("find_office",)

    async def understood(self, turn: Turn, *, opening: bool) -> tuple[Any, list[EventType]]:
        before = None if opening else turn.slots.get(TOPIC)
        topic = turn.carried(TOPIC) or before or turn.text
        place = turn.carried(PLACE) or turn.text
        found = await found_for(turn, place, topic)
        if not is_answer(found) and turn.text and before:
            # "Wo wohnen Sie?" "Ich habe keine Wohnung" is a way of its own
            other = await found_for(turn, place, turn.text)
            found, topic = (other, turn.text) if is_answer(other) else (found, topic)
        value = {"place": place, "topic": topic} if is_answer(found) else None
        return value, [SlotSet(TOPIC, topic or None)]


class AskOfficePlace(Question):
    form, slot, trouble = FORM, PLACE, "knowledge_away"

    async def ask(self, turn: Turn) -> tuple[dict[str, Any], list[EventType]]:
        sites = await api.sites(tenant=turn.tenant)
        example = next((site["postcode"] for site in sites if site.get("postcode")), "")
        return question(
            turn,
            PLACE,
            "office_ask_place",
            resume=RESUME,
            choices=[
                *({"title": site["name"], "payload": inform(PLACE, site["id"])} for site in sites),
                *way_out(turn, PLACE),
            ],
            expects="site",
            example=example,
            heard=options_heard([site["name"] for site in sites], times_asked(turn, PLACE)),
        )


class ActionOfficeFound(Step):
    """Says what the form found, or that it found nothing."""

    def name(self) -> str:
        return "action_office_found"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        turn = Turn.of(tracker)
        asked = turn.slots.get(PLACE)
        done = forget(PLACE, TOPIC, "question")
        if not asked:
            return done
        if asked in (GIVEN_UP, AWAY):
            name = "office_given_up" if asked == GIVEN_UP else "knowledge_away"
            dispatcher.utter_message(json_message=message(name))
            return done
        try:
            found = await found_for(turn, asked["place"], asked["topic"])
        except (ApiUnavailable, ApiProblem):
            dispatcher.utter_message(json_message=message("knowledge_away"))
            return done
        return [*await say_office(dispatcher, turn, found), *done]


class ActionOpeningHours(Step):
    """The hours of a site that is named, today first; without one the article about all of them."""

    def name(self) -> str:
        return "action_opening_hours"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        turn = Turn.of(tracker)
        try:
            found = await api.offices(tenant=turn.tenant, place=turn.carried(PLACE) or turn.text)
        except (ApiUnavailable, ApiProblem):
            found = {}
        if found.get("site"):
            dispatcher.utter_message(json_message=hours_message(found["site"], phone=turn.phone, now=clock.now()))
            return [SlotSet("last_outcome", "answered"), SlotSet("misunderstood", 0)]
        return await look_up(dispatcher, turn, in_form=bool(tracker.active_loop.get("name")))


class ActionEmployer(Step):
    """An employer is shown the employers' service; where there is none, what grants there are."""

    def name(self) -> str:
        return "action_employer"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        turn = Turn.of(tracker)
        try:
            found = await found_for(turn, None, EMPLOYERS)
        except (ApiUnavailable, ApiProblem):
            found = {"routes": []}
        routes = [route for route in found["routes"] if route["kind"] == EMPLOYERS]
        if not routes:
            return await say_article(dispatcher, turn, EMPLOYERS_ARTICLE)
        dispatcher.utter_message(json_message=route_message(routes[0], clock.now()))
        return [SlotSet("last_outcome", "answered"), SlotSet("misunderstood", 0)]


class ActionLandlord(Step):
    """A landlord reads about direct payment and duties; about the tenant nothing is said."""

    def name(self) -> str:
        return "action_landlord"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        turn = Turn.of(tracker)
        if _A_TENANT.search(plain(turn.text)):
            dispatcher.utter_message(json_message=message("others_data", choices=[]))
        return await say_article(dispatcher, turn, LANDLORD_ARTICLE)
