"""Citations: what an article may cite, and how a citation is shown, linked and dated."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from knowledge.errors import KnowledgeError, describe_validation

# The loader in C reads the file in a tenth of the time; both are safe loaders.
_SAFE_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

REGISTER = "https://www.gesetze-im-internet.de"

_DETAIL = r"(?:(?:Abs\.|Satz|Sätze|Nr\.|Halbsatz|Buchst\.)\s?\w+(?:(?:,| und| bis) \w+(?!\.))*\s)*"
_PARAGRAPH = re.compile(rf"§ (?P<number>\d+[a-z]*) (?P<detail>{_DETAIL})(?P<law>[A-Z].*)")
_ANNEX = re.compile(rf"Anlage zu § (?P<number>\d+[a-z]*) (?P<detail>{_DETAIL})(?P<law>[A-Z].*)")


@dataclass(frozen=True, slots=True)
class Citation:
    """A source as it is shown: the label names paragraph and law only, so that a machine can compare it."""

    label: str
    title: str
    url: str
    as_of: date


@dataclass(frozen=True, slots=True)
class _Place:
    """One written citation, taken apart."""

    label: str
    heading: str
    detail: str
    url: str


class Annex(BaseModel):
    model_config = ConfigDict(extra="forbid")

    title: str
    page: str


class Law(BaseModel):
    model_config = ConfigDict(extra="forbid")

    title: str
    slug: str
    paragraphs: dict[str, str]
    annexes: dict[str, Annex] = {}


class Laws(BaseModel):
    """The laws that may be cited, with the headings of the paragraphs in force on `as_of`."""

    model_config = ConfigDict(extra="forbid")

    as_of: date
    laws: dict[str, Law]

    @classmethod
    def load(cls, root: Path) -> Laws:
        path = root / "laws.yml"
        try:
            return cls.model_validate(yaml.load(path.read_bytes(), Loader=_SAFE_LOADER))  # noqa: S506
        except (OSError, yaml.YAMLError) as error:
            raise KnowledgeError(f"{path}: nicht lesbar ({error})") from error
        except ValidationError as error:
            raise KnowledgeError(f"{path}: {describe_validation(error)}") from error

    def citation(self, text: str) -> Citation:
        """The citation written in an article; raises KnowledgeError with a German sentence where the law has none."""
        return self.citations([text])[0]

    def citations(self, texts: list[str]) -> tuple[Citation, ...]:
        """All citations of an article; two places in one paragraph become one citation that names both."""
        places: dict[str, list[_Place]] = {}
        for text in texts:
            place = self._place(text)
            places.setdefault(place.label, []).append(place)
        return tuple(self._shown(label, found) for label, found in places.items())

    def _shown(self, label: str, places: list[_Place]) -> Citation:
        details = ", ".join(dict.fromkeys(place.detail for place in places if place.detail))
        title = f"{places[0].heading} ({details})" if details else places[0].heading
        return Citation(label, title, places[0].url, self.as_of)

    def _place(self, text: str) -> _Place:
        cleaned = " ".join(text.split())
        match = _PARAGRAPH.fullmatch(cleaned) or _ANNEX.fullmatch(cleaned)
        if match is None:
            raise KnowledgeError(f"Die Fundstelle „{text}“ hat nicht die Form „§ 22 Abs. 1 SGB II“.")
        number, name = match["number"], match["law"]
        law = self.laws.get(name)
        if law is None:
            raise KnowledgeError(f"Die Fundstelle „{text}“ nennt ein Gesetz, das hier nicht geführt wird: {name}.")
        heading: str | None
        if match.re is _ANNEX:
            annex = law.annexes.get(number)
            heading, page = (annex.title, annex.page) if annex else (None, "")
            label = f"Anlage zu § {number} {name}"
        else:
            heading, page, label = law.paragraphs.get(number), f"__{number}.html", f"§ {number} {name}"
        if heading is None:
            raise KnowledgeError(f"Die Fundstelle „{text}“ gibt es im Gesetz (Stand {self.as_of:%d.%m.%Y}) nicht.")
        return _Place(label, heading, match["detail"].strip(), f"{REGISTER}/{law.slug}/{page}")
