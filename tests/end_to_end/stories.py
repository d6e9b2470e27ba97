"""Conversation stories (tests/stories/*.yml): what citizens say and what must come of it, played on a running system.

A file holds stories of related concerns. A story:

    id          the promise it keeps
    concern     what somebody comes for (CONCERNS)
    kind        how it goes (KINDS)
    language    what every reply must be written in (default de); `starts`: the language chosen before the first word
    pace        all_at_once or one_at_a_time, where the number of turns to the booking counts
    given       appointments that are booked in this conversation beforehand
    turns       what the citizen does, and what must come back
    afterwards  what is stored at the end; whatever is not named here must not be there
    slots       what the dialogue remembers at the end

A turn is one of `say` (text), `press` (title of an offered button), `choose` (its number), `reload` (the page is loaded
anew: the transcript is fetched), `erase` (the conversation is erased). `meanwhile` is an appointment that others take
just before; `when_asked` answers further questions (`about`: part of the question, `say`: the answer) until the form
has what it needs. What must come back:

    act, not_act    kind of one of the replies, or one of several; kinds that no reply may have
    first           kind of the very first reply
    asks            detail that the last reply asks for (`data.expects.slot`), or one of several
    says, says_one, never   parts of the text: all of them, at least one, none
    article, articles   article of an answer: one of them; all of them
    reaches         an article that answers, at once or after one asking back, whose choice is then pressed
    finds           an article that answers or is offered for choice
    choices         titles that must be offered
    links           part of the address of a link
    differs         the last reply is worded otherwise than the one before
    longest_sentence   words
    state           of the conversation
    language        where it is not the story's

Of every turn is demanded: no silence, nothing unfilled, a way on, never the same question three times alike, and the
dialogue itself answered.
"""

from __future__ import annotations

import json
import re
import sqlite3
import statistics
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import yaml

from operation.instance import Instance

FOLDER = Path(__file__).parents[1] / "stories"
BERLIN = ZoneInfo("Europe/Berlin")


def _set_of(text: str) -> frozenset[str]:
    return frozenset(text.split())


CONCERNS = _set_of(
    """
    book move cancel show ask message callback person office hours checklist example form change absence status privacy
    others_data complaint employer landlord language easy urgent limits small_talk two_concerns reference
    """
)
KINDS = _set_of("happy correction digression disambiguation negation repeat invalid_input cancellation pause reload")
DOES = _set_of("say press choose reload erase")
EXPECTS = _set_of(
    """
    act not_act first asks says says_one never article articles reaches finds choices links differs longest_sentence
    state language meanwhile when_asked
    """
)
STORY = _set_of("id concern kind language starts pace given turns afterwards slots")
AFTERWARDS = _set_of("appointments inbox handoffs erased")
# The reply that ends what somebody came for; other concerns end with their last turn.
DONE = {
    "book": "appointment", "move": "appointment", "show": "appointment", "message": "message_receipt",
    "callback": "message_receipt", "ask": "answer", "person": "handoff", "urgent": "crisis",
}  # fmt: skip
FOLLOW_UPS = 10
ALIKE_AT_MOST = 2
AT_ONCE = 4
# Under the load of parallel stories on two cores the dialogue may take longer than a citizen would ever see.
SETTINGS = {"LOTSE_RASA_TIMEOUT": "20", "LOTSE_RATE_LIMIT": "0"}

COMMON_WORDS = {
    "de": _set_of("der die das und sie ist nicht ein eine wir ich mit für auf zu im von haben oder wie"),
    "en": _set_of("the you to and is are your of for i can in a or this that have not be what how do it on"),
    "tr": _set_of("ve bir için bu ile mi mı size ne var olarak veya da de siz nasıl lütfen ben daha evet"),
}
# Words of no other of our languages: one of them in a reply says that a part of it was not translated.
GERMAN_ONLY = _set_of("und sie nicht ihr ihrem ihnen für oder gut bitte gilt zusammen")
SCRIPTS = {"uk": r"[\u0400-\u04ff]", "ru": r"[\u0400-\u04ff]", "ar": r"[\u0600-\u06ff]"}


@dataclass(frozen=True)
class Story:
    """One conversation as it should go."""

    id: str
    concern: str
    kind: str
    turns: Sequence[Mapping[str, Any]]
    language: str = "de"
    starts: str = "de"
    pace: str | None = None
    given: Mapping[str, Any] = field(default_factory=dict)
    afterwards: Mapping[str, Any] = field(default_factory=dict)
    slots: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class Result:
    """How it went: what was not as it should be, the conversation, and after how many turns the citizen was served."""

    story: Story
    problems: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    turns_to_done: int | None = None
    seconds: float = 0.0

    @property
    def completed(self) -> bool:
        """Whether everything held."""
        return not self.problems

    def report(self) -> str:
        """What a person reads to mend it."""
        heading = f"--- {self.story.concern}/{self.story.kind}: {self.story.id}"
        return "\n".join([heading, *self.lines, *(f"  !! {problem}" for problem in self.problems)])


# --- reading the stories


def load(folder: Path = FOLDER) -> list[Story]:
    """All stories. Raises ValueError where one is not written as the description above says."""
    found = [
        _story(entry, file)
        for file in sorted(folder.glob("*.yml"))
        for entry in yaml.safe_load(file.read_text(encoding="utf-8"))
    ]
    twice = [name for name, times in Counter(story.id for story in found).items() if times > 1]
    if twice:
        raise ValueError(f"told twice: {twice}")
    return found


def _story(entry: Mapping[str, Any], file: Path) -> Story:
    where = f"{file.name}: {entry.get('id')}"
    unknown = set(entry) - STORY | set(entry.get("afterwards") or {}) - AFTERWARDS
    if unknown:
        raise ValueError(f"{where}: unknown {unknown}")
    if entry["concern"] not in CONCERNS or entry["kind"] not in KINDS:
        raise ValueError(f"{where}: {entry['concern']}, {entry['kind']}")
    for turn in entry["turns"]:
        if len(set(turn) & DOES) != 1 or set(turn) - DOES - EXPECTS:
            raise ValueError(f"{where}: {turn}")
    return Story(**{key: value for key, value in entry.items() if value is not None})


# --- playing them


def play_all(instance: Instance, stories: Sequence[Story], at_once: int = AT_ONCE) -> list[Result]:
    """Play the stories, some of them at a time, each in a conversation of its own. Somebody sits at the desk."""
    account = {"username": "sachbearbeitung", "password": instance.first_password, "tenant": "musterkreis"}
    httpx.post(f"{instance.api}/session", json=account, timeout=60, trust_env=False).raise_for_status()
    with ThreadPoolExecutor(at_once) as pool:
        return list(pool.map(lambda story: play(instance, story), stories))


def play(instance: Instance, story: Story) -> Result:
    """Play one story to its end or to the first turn that went wrong."""
    result = Result(story)
    started = time.perf_counter()
    try:
        with httpx.Client(timeout=60, trust_env=False) as http:
            _Talk(instance, story, result, http).play()
    except (httpx.HTTPError, KeyError, LookupError) as error:
        result.problems.append(f"{type(error).__name__}: {error}")
    result.seconds = time.perf_counter() - started
    return result


class _Talk:
    """The citizen's side of one story."""

    def __init__(self, instance: Instance, story: Story, result: Result, http: httpx.Client) -> None:
        self.instance, self.story, self.result, self.http = instance, story, result, http
        started = self._post("/conversations", {"channel": "web", "language": story.starts})
        self.id: str = started["id"]
        self.headers = {"Authorization": f"Bearer {started['token']}"}
        self.state: str = started["state"]
        self.replies: list[dict[str, Any]] = started["messages"]
        self.told: list[str] = [message["text"] for message in self.replies]
        self.offered: dict[str, str] = {}
        self.choices: list[dict[str, str]] = []
        self.alike = 0
        self.last_question = ""
        self.messages = 0
        self.erased = False
        self._remember_choices()

    def play(self) -> None:
        for appointment in self.story.given.get("appointments", []):
            self._book(appointment, conversation=self.id, headers=self.headers)
        for number, turn in enumerate(self.story.turns, start=1):
            before = self.replies[-1]["text"] if self.replies else ""
            self._act(turn)
            problems = [*self._always(turn), *differences(self.replies, self.state, turn, before)]
            if problems:
                self.result.problems += [f"turn {number}: {problem}" for problem in problems]
                return
        if self.story.concern not in DONE or self.result.turns_to_done is None:
            self.result.turns_to_done = self.messages
        self.result.problems += _afterwards(self.instance, self)

    # --- what the citizen does

    def _act(self, turn: Mapping[str, Any]) -> None:
        if "meanwhile" in turn:
            self._taken_by_others(turn["meanwhile"])
        if turn.get("reload"):
            self._reload()
        elif turn.get("erase"):
            self._erase()
        elif "say" in turn:
            self._send(str(turn["say"]), {"text": str(turn["say"])})
        else:
            title, payload = self._choice(turn)
            self._send(f"[{title}]", {"payload": payload})
        for _ in range(FOLLOW_UPS if "when_asked" in turn else 0):
            answer = self._answer_to_question(turn["when_asked"])
            if answer is None:
                break
            self._send(answer, {"text": answer})
        wanted = _many(turn.get("reaches"))
        if wanted and any(reply["kind"] == "clarify" for reply in self.replies):
            titles = [one["title"] for one in self.choices if any(f'"{name}"' in one["payload"] for name in wanted)]
            if titles:
                self._send(f"[{titles[0]}]", {"payload": self.offered[titles[0]]})

    def _choice(self, turn: Mapping[str, Any]) -> tuple[str, str]:
        if "choose" in turn:
            if len(self.choices) < turn["choose"]:
                raise LookupError(f"choice {turn['choose']} of {[choice['title'] for choice in self.choices]}")
            choice = self.choices[turn["choose"] - 1]
            return choice["title"], choice["payload"]
        title = turn["press"]
        if not title.startswith("/") and title not in self.offered:
            raise LookupError(f"„{title}“ was not offered, only {list(self.offered)}")
        return title, self.offered.get(title, title)

    def _answer_to_question(self, known: Iterable[Mapping[str, str]]) -> str | None:
        last = self.replies[-1] if self.replies else {"kind": "", "text": ""}
        if last["kind"] != "form":
            return None
        asked = last["text"].casefold()
        return next((str(one["say"]) for one in known if str(one["about"]).casefold() in asked), None)

    def _send(self, shown: str, body: dict[str, str]) -> None:
        self.messages += 1
        self.result.lines.append(f"  > {shown}")
        turn = self._post(f"/conversations/{self.id}/messages", body, self.headers)
        self.state, self.replies = turn["state"], turn["messages"]
        self.told += [message["text"] for message in self.replies]
        self._remember_choices()
        for reply in self.replies:
            titles = [choice["title"] for choice in reply["choices"]]
            self.result.lines.append(f"  {reply['kind']}: {reply['text']} {titles or ''}".rstrip())
        kinds = {reply["kind"] for reply in self.replies}
        if self.result.turns_to_done is None and DONE.get(self.story.concern) in kinds:
            self.result.turns_to_done = self.messages

    def _remember_choices(self) -> None:
        offering = [reply["choices"] for reply in self.replies if reply["choices"]]
        if offering:
            self.choices = offering[-1]
        self.offered |= {choice["title"]: choice["payload"] for choices in offering for choice in choices}

    def _reload(self) -> None:
        """As a page does that was loaded anew: everything comes from the transcript."""
        self.result.lines.append("  > (reload)")
        answer = httpx.get(
            f"{self.instance.api}/conversations/{self.id}", headers=self.headers, timeout=60, trust_env=False
        ).raise_for_status()
        messages = answer.json()["messages"]
        kept = [message["text"] for message in messages if message["role"] == "bot"]
        if kept != self.told:
            raise LookupError(f"the transcript lost something: {kept[-3:]} instead of {self.told[-3:]}")
        last = max((number for number, one in enumerate(messages) if one["role"] == "citizen"), default=-1)
        self.replies = messages[last + 1 :]
        self.state = answer.json()["state"]
        self._remember_choices()

    def _erase(self) -> None:
        self.result.lines.append("  > (erase)")
        self.http.delete(f"{self.instance.api}/conversations/{self.id}", headers=self.headers).raise_for_status()
        self.erased = True

    def _taken_by_others(self, slot: Mapping[str, Any]) -> None:
        """Others book the slot at every counter."""
        token = {"Authorization": f"Bearer {self.instance.secret('LOTSE_SERVICE_TOKEN')}"}
        for number in range(10):
            body = {**slot, "name": "Andere Leute", "contact": f"andere{number}.{self.id[:8]}@example.org"}
            if not self._book(body, conversation=None, headers=token):
                return

    def _book(self, slot: Mapping[str, Any], *, conversation: str | None, headers: Mapping[str, str]) -> bool:
        moment = datetime.fromisoformat(slot["starts_at"]).replace(tzinfo=BERLIN)
        body = {**slot, "starts_at": moment.isoformat(), **({"conversation": conversation} if conversation else {})}
        answer = self.http.post(f"{self.instance.api}/appointments", json=body, headers=dict(headers))
        if conversation:
            answer.raise_for_status()
        return answer.is_success

    def _post(self, path: str, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> dict[str, Any]:
        answer = self.http.post(f"{self.instance.api}{path}", json=dict(body), headers=dict(headers or {}))
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    # --- what is demanded of every turn

    def _always(self, turn: Mapping[str, Any]) -> list[str]:
        if self.erased:
            return []
        if not self.replies:
            return ["silence"]
        problems = []
        for reply in self.replies:
            if not reply["text"].strip() or re.search(r"\{\w*\}", reply["text"].replace(str(turn.get("say")), "")):
                problems.append(f"empty or unfilled: {reply['text']!r}")
            if (reply.get("data") or {}).get("degraded"):
                problems.append("the hub answered instead of the dialogue")
        last = self.replies[-1]
        if not last["choices"] and not last["text"].rstrip(" *_)").endswith(("?", "؟", ".", "!", "。")):
            problems.append(f"a dead end: {last['text']!r}")
        self.alike = self.alike + 1 if last["kind"] == "form" and last["text"] == self.last_question else 1
        self.last_question = last["text"]
        if self.alike > ALIKE_AT_MOST and not turn.get("reload"):
            problems.append("the same question a third time in the same words")
        language = turn.get("language") or self.story.language
        if language != "de" or "language" in turn:
            problems += [
                f"not in {language}: {one['text']!r}" for one in self.replies if not written_in(one["text"], language)
            ]
        return problems


# --- what must come back


def differences(replies: Sequence[Mapping[str, Any]], state: str, turn: Mapping[str, Any], before: str) -> list[str]:
    """What is not as the turn says; `before` is the last reply of the turn before."""
    text = "\n".join(reply["text"] for reply in replies)
    kinds = [reply["kind"] for reply in replies]
    titles = [choice["title"] for reply in replies for choice in reply["choices"]]
    articles = [reply["article"] for reply in replies if reply.get("article")]
    problems: list[str] = []

    def demand(holds: bool, wanted: str) -> None:
        if not holds:
            problems.append(wanted)

    if "act" in turn:
        demand(bool(set(_many(turn["act"])) & set(kinds)), f"act {turn['act']}, not {kinds}")
    if "first" in turn:
        demand(kinds[:1] == [turn["first"]], f"first {turn['first']}, not {kinds}")
    for kind in _many(turn.get("not_act")):
        demand(kind not in kinds, f"act {kind}")
    if "asks" in turn:
        asked = ((replies[-1].get("data") or {}).get("expects") or {}).get("slot") if replies else None
        demand(asked in _many(turn["asks"]), f"asks for {asked}, not {turn['asks']}")
    for part in _many(turn.get("says")):
        demand(_holds(text, part), f"{part!r} is not said")
    if "says_one" in turn:
        demand(any(_holds(text, part) for part in turn["says_one"]), f"none of {turn['says_one']} is said")
    for part in _many(turn.get("never")):
        demand(not _holds(text, part), f"{part!r} is said")
    if "article" in turn:
        demand(bool(set(_many(turn["article"])) & set(articles)), f"article {turn['article']}, not {articles}")
    if "reaches" in turn:
        demand(
            bool(set(_many(turn["reaches"])) & set(articles)), f"reaches {articles}, not {turn['reaches']}: {titles}"
        )
    for article in _many(turn.get("articles")):
        demand(article in articles, f"article {article} is missing among {articles}")
    if "finds" in turn:
        payloads = "".join(choice["payload"] for reply in replies for choice in reply["choices"])
        found = any(name in articles or f'"{name}"' in payloads for name in _many(turn["finds"]))
        demand(found, f"{turn['finds']} is neither answered nor offered: {articles}, {titles}")
    for title in _many(turn.get("choices")):
        demand(title in titles, f"„{title}“ is not offered, only {titles}")
    if "links" in turn:
        urls = [link["url"] for reply in replies for link in (reply.get("data") or {}).get("links", [])]
        demand(any(turn["links"] in url for url in urls), f"no link {turn['links']} among {urls}")
    if "longest_sentence" in turn:
        longest = max(len(sentence.split()) for sentence in re.split(r"[.!?:\n]+", text))
        demand(longest <= turn["longest_sentence"], f"a sentence of {longest} words")
    if turn.get("differs"):
        demand(bool(replies) and replies[-1]["text"] != before, "the same words again")
    if "state" in turn:
        demand(state == turn["state"], f"state {state}, not {turn['state']}")
    return problems


def _holds(text: str, part: object) -> bool:
    return str(part).casefold() in text.casefold()


def _many(value: Any) -> list[Any]:
    return [] if value is None else list(value) if isinstance(value, list) else [value]


def written_in(text: str, language: str) -> bool:
    """Whether a text is written in a language, by its script or its commonest words; too few of them say nothing."""
    text = re.sub(r"https?://\S+|\S+@\S+|\([^)]*\)|>.*", " ", text)
    if language != "de" and GERMAN_ONLY & set(re.findall(r"[^\W\d_]+", text.lower())):
        return False
    if language in SCRIPTS:
        letters = [sign for sign in text if sign.isalpha()]
        own = sum(bool(re.match(SCRIPTS[language], sign)) for sign in letters)
        ukrainian, russian = len(re.findall("[іїєґ]", text)), len(re.findall("[ыэъё]", text))
        right = {"uk": ukrainian >= russian, "ru": russian >= ukrainian}.get(language, True)
        return own >= 0.6 * len(letters) and right
    words = re.findall(r"[^\W\d_]+", text.lower())
    counts = {code: sum(word in common for word in words) for code, common in COMMON_WORDS.items()}
    return counts[language] >= max(counts.values())


# --- what is stored at the end


def _afterwards(instance: Instance, talk: _Talk) -> list[str]:
    story = talk.story
    database = sqlite3.connect(f"file:{instance.folder / 'lotse.db'}?mode=ro", uri=True, timeout=20)
    database.row_factory = sqlite3.Row
    try:
        stored = {name: _stored(database, name, talk.id) for name in ("appointments", "inbox", "handoffs")}
        remembered = _remembered(database, talk.id) if story.slots else {}
        left = database.execute("SELECT count(*) FROM message WHERE conversation_id = ?", (talk.id,)).fetchone()[0]
    finally:
        database.close()
    problems = []
    for name, found in stored.items():
        wanted = story.afterwards.get(name) or []
        if len(found) != len(wanted):
            problems.append(f"afterwards: {name}: {found or 'nothing'} instead of {wanted or 'nothing'}")
            continue
        for entry, fields in zip(found, wanted, strict=True):
            problems += _differences(name, entry, fields)
    for slot, value in story.slots.items():
        if remembered.get(slot) != value:
            problems.append(f"afterwards: slot {slot} is {remembered.get(slot)!r}, not {value!r}")
    if story.afterwards.get("erased"):
        answer = talk.http.get(f"{instance.api}/conversations/{talk.id}", headers=talk.headers)
        if answer.status_code != 404 or left:
            problems.append(f"afterwards: not erased ({answer.status_code}, {left} messages)")
    return problems


_TABLES = {
    "appointments": ("appointment", "starts_at"),
    "inbox": ("inbox_item", "created_at"),
    "handoffs": ("handoff", "requested_at"),
}


def _stored(database: sqlite3.Connection, name: str, conversation: str) -> list[dict[str, Any]]:
    table, order = _TABLES[name]
    rows = database.execute(f"SELECT * FROM {table} WHERE conversation_id = ? ORDER BY {order}", (conversation,))
    kept = {
        "appointments": ("service", "site", "starts_at", "name", "contact", "status", "language"),
        "inbox": ("kind", "text", "name", "contact", "topic", "team", "preferred_time"),
        "handoffs": ("urgent", "team", "topic", "site", "reason", "state", "collected"),
    }[name]
    return [{key: row[key] for key in kept} for row in rows]


def _differences(name: str, entry: dict[str, Any], fields: Mapping[str, Any]) -> list[str]:
    wanted = {"status": "booked", **fields} if name == "appointments" else dict(fields)
    problems = []
    for key, value in wanted.items():
        found = entry[key]
        if key == "contact" and found and "@" not in found:
            found = re.sub(r"[^+\d]", "", found)
        if key == "starts_at":
            moment = datetime.fromisoformat(str(found))
            moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
            found = f"{moment.astimezone(BERLIN):%Y-%m-%d %H:%M}"
        elif key == "urgent":
            found = bool(found)
        elif key == "collected":
            collected = json.loads(found or "{}")
            found = {part: collected.get(part) for part in value}
        right = _holds(str(found or ""), value) if key == "text" else found == value
        if not right:
            problems.append(f"afterwards: {name}: {key} is {found!r}, not {value!r}")
    return problems


def _remembered(database: sqlite3.Connection, conversation: str) -> dict[str, Any]:
    """The dialogue's slots, from the events of its tracker."""
    rows = database.execute("SELECT data FROM events WHERE sender_id = ? ORDER BY id", (conversation,))
    slots: dict[str, Any] = {}
    for row in rows:
        event = json.loads(row["data"])
        if event.get("event") == "slot":
            slots[event["name"]] = event["value"]
    return slots


# --- the score


def completion(results: Sequence[Result]) -> float:
    """Share of the stories in which everything held."""
    return sum(result.completed for result in results) / len(results) if results else 0.0


def median_turns(results: Iterable[Result], pace: str) -> float:
    """The median of a citizen's messages from the first wish to the booking, over the completed bookings of a pace."""
    turns = [
        result.turns_to_done
        for result in results
        if result.story.pace == pace and result.completed and result.turns_to_done is not None
    ]
    return statistics.median(turns) if turns else float("inf")
