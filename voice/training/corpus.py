"""Text by other authors that is already in the repository, brought into the words the recogniser writes.

Read are the citizens' questions (`knowledge/phrasings`, the articles' `questions`), the articles' own sentences, the
field's synonyms, questions for other offices, the dialogue's examples and the tenants' names and addresses. Never read:
`knowledge/evaluation` and `tests`, which are what others measure with.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import frontmatter
import yaml

from voice.training import ROOT, TEXTS
from voice.training.inflection import is_known
from voice.training.numerals import MONTHS, cardinal, clock, digits, money, ordinal, year

_WORD = re.compile(r"[a-zäöüß]+")
_ENTITY = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_ADDRESS = re.compile(r"\{\{|\S+@\S+|https?://\S+|www\.\S+|\S+\.example\S*")
_SENTENCE_END = re.compile(r"(?<=[a-zäöüß)\"“%€])[.!?:;]+(?=\s|$)|\n+|[|]")
_CLOCK = re.compile(r"\b(\d{1,2})(?:[:.](\d{2}))?\s*uhr\b")
_DATE = re.compile(r"\b(\d{1,2})\.\s?(\d{1,2})\.(?:\s?(\d{4}|\d{2})\b)?")
_DAY_AND_MONTH = re.compile(rf"\b(\d{{1,2}})\.\s?({'|'.join(MONTHS)})\b")
_ORDINAL = re.compile(r"(?<=am |um |om |em |er |en |is |ab |as )(\d{1,2})\.(?=\s+[a-zäöü])")
_MONEY = re.compile(r"\b(\d{1,3}(?:\.\d{3})+|\d+)(?:,(\d{2}|-))?\s*(?:euro\b|€)")
_DECIMAL = re.compile(r"\b(\d+),(\d+)\b")
_NUMBER = re.compile(r"\d{1,3}(?:\.\d{3})+(?!\d)|\d+")


@cache
def _shorthand() -> list[tuple[re.Pattern[str], str]]:
    content: dict[str, str] = yaml.safe_load((TEXTS / "written.yml").read_text(encoding="utf-8"))
    longest_first = sorted(content.items(), key=lambda item: -len(item[0]))
    return [
        (
            re.compile((r"\b" if key[0].isalnum() else "") + re.escape(key) + (r"\b" if key[-1].isalnum() else "")),
            f" {said} ",
        )
        for key, said in longest_first
    ]


def plain(text: str) -> str:
    """Lower case with German letters only; other accents lose their marks."""
    kept = "".join(
        character if character in "äöüß" else unicodedata.normalize("NFKD", character) for character in text.lower()
    )
    return "".join(character for character in kept if not unicodedata.combining(character))


def _number(text: str, before: str, after: str) -> str:
    whole = text.replace(".", "")
    if text == "1":
        return "ein" if _WORD.match(after.lstrip()) else "eins"
    if "." not in text and (len(whole) >= 5 or whole.startswith("0")):
        return " ".join(digits(whole))
    value = int(whole)
    if value > 999_999:
        return " ".join(digits(whole))
    return " ".join(year(value) if "." not in text and 1900 <= value < 2100 else cardinal(value))


def spoken(text: str) -> list[str]:
    """A typed sentence as the words a caller would say; empty where it holds an internet address or a placeholder."""
    text = plain(_ENTITY.sub(r"\1", text))
    if _ADDRESS.search(text):
        return []
    text = _CLOCK.sub(lambda m: " ".join(clock(int(m[1]) % 25, int(m[2] or 0) % 60)) + " ", text)
    text = _DATE.sub(_date, text)
    text = _DAY_AND_MONTH.sub(lambda m: f"{ordinal(max(1, int(m[1])))} {m[2]}" if 0 < int(m[1]) < 100 else m[0], text)
    text = _MONEY.sub(_money, text)
    for pattern, said in _shorthand():
        text = pattern.sub(said, text)
    text = _ORDINAL.sub(lambda m: ordinal(max(1, int(m[1]))), text)
    text = _DECIMAL.sub(lambda m: f"{' '.join(cardinal(int(m[1]) % 1_000_000))} komma {' '.join(digits(m[2]))}", text)
    text = _NUMBER.sub(lambda m: f" {_number(m[0], text[: m.start()], text[m.end() :])} ", text)
    return _WORD.findall(text.replace("'", "").replace("’", ""))


def _date(match: re.Match[str]) -> str:
    day, month = int(match[1]), int(match[2])
    if not (0 < day <= 31 and 0 < month <= 12):
        return match[0]
    full = int(match[3]) + (2000 if len(match[3]) == 2 else 0) if match[3] else 0
    return " ".join([ordinal(day), ordinal(month), *(year(full) if full else [])])


def _money(match: re.Match[str]) -> str:
    euros = int(match[1].replace(".", ""))
    cents = int(match[2]) if (match[2] or "-").isdigit() else 0
    return f" {' '.join(money(euros, cents))} " if euros < 1_000_000 else match[0]


def _strings(content: Any) -> Iterator[str]:  # noqa: ANN401 - any YAML
    if isinstance(content, str):
        yield content
    elif isinstance(content, dict):
        for value in content.values():
            yield from _strings(value)
    elif isinstance(content, list):
        for value in content:
            yield from _strings(value)


def _yaml(path: Path) -> Any:  # noqa: ANN401 - any YAML
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def questions() -> list[str]:
    """What citizens typed: phrasings, the articles' questions, the dialogue's examples, questions for other offices."""
    found = [line for path in sorted((ROOT / "knowledge/phrasings").glob("*.yml")) for line in _strings(_yaml(path))]
    found += [question for article in _articles() for question in article.get("questions", [])]
    for path in sorted((ROOT / "bot/data/nlu").glob("*.yml")):
        for part in _yaml(path)["nlu"]:
            if "intent" in part:
                found += [line.lstrip("- ") for line in part["examples"].splitlines()]
    return found + list(_strings(_yaml(ROOT / "knowledge/elsewhere.yml")))


@cache
def _articles() -> list[dict[str, Any]]:
    posts = [frontmatter.load(str(path)) for path in sorted((ROOT / "knowledge/articles").rglob("*.md"))]
    return [{**post.metadata, "body": post.content} for post in posts]


def prose() -> list[str]:
    """Sentences and names of the office: articles, synonyms, titles."""
    found: list[str] = []
    for article in _articles():
        text = "\n".join([article["title"], article.get("spoken", ""), article.get("easy", ""), article["body"]])
        found += _SENTENCE_END.split(re.sub(r"[*_#>`]", " ", text.lower()))
    synonyms = _yaml(ROOT / "knowledge/synonyms.yml")
    return found + list(synonyms) + list(_strings(synonyms))


def tenants() -> list[str]:
    """Names, addresses and descriptions of the tenants: every place a caller may name."""
    wanted = {
        "name",
        "office",
        "address",
        "transport",
        "accessibility",
        "description",
        "about",
        "times",
        "bring",
        "reason",
    }
    found: list[str] = []

    def collect(content: Any, key: str = "") -> None:  # noqa: ANN401 - any YAML
        if isinstance(content, dict):
            for name, value in content.items():
                collect(value, str(name))
        elif isinstance(content, list):
            for value in content:
                collect(value, key)
        elif isinstance(content, str) and key in wanted:
            found.append(content)

    for path in sorted((ROOT / "knowledge/tenants").glob("*/tenant.yml")):
        collect(_yaml(path))
    return found


def places() -> dict[str, list[str]]:
    """The tenants' streets, towns and sites, for the generator's slots."""
    streets: set[str] = set()
    towns: set[str] = set()
    sites: set[str] = set()
    for path in sorted((ROOT / "knowledge/tenants").glob("*/tenant.yml")):
        content = _yaml(path)
        towns.add(" ".join(spoken(content["name"].removeprefix("Stadt "))))
        for place in [*content.get("sites", []), *content.get("partners", [])]:
            if address := place.get("address"):
                street, _, town = address.partition(",")
                streets.add(" ".join(_WORD.findall(plain(re.sub(r"\d.*", "", street)))))
                towns.add(" ".join(_WORD.findall(plain(re.sub(r"\d", "", town)))))
            sites.add(" ".join(spoken(place["name"])))
    return {"street": sorted(streets - {""}), "city": sorted(towns - {""}), "site": sorted(sites)}


def is_held_out(line: Iterable[str]) -> bool:
    """Whether a question is of the twentieth kept for development: in no language model and in no sound."""
    return zlib.crc32(" ".join(line).encode()) % 20 == 0


def is_spelt_right(word: str, counts: Counter[str]) -> bool:
    """A word that occurs twice or stands in simplemma's German dictionary; the rest is mostly typing errors."""
    return counts[word] > 1 or is_known(word)
