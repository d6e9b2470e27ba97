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

_COUNTED = r"(?:\d+[a-z]*|[a-z]{1,2})(?!\w)"  # "4", "1a", "b", "aa"
_NUMBERS = rf"{_COUNTED}(?:(?:,| und| bis) {_COUNTED}(?!\.))*"
_DETAIL = rf"(?:(?:Abs\.|Satz|Sätze|Nr\.|Halbsatz|Buchst\.)\s?{_NUMBERS}\s)*"
_DETAIL_PART = re.compile(rf"(Abs\.|Satz|Sätze|Nr\.|Halbsatz|Buchst\.)\s?({_NUMBERS})")
_PARAGRAPH = re.compile(rf"§ (?P<number>\d+[a-z]*) (?P<detail>{_DETAIL})(?P<law>[A-Z].*)")
_ANNEX = re.compile(rf"Anlage zu § (?P<number>\d+[a-z]*) (?P<detail>{_DETAIL})(?P<law>[A-Z].*)")


_LAW_NAME = re.compile(r"\b(?:SGB [IVX]+|[A-Z][A-Za-z]*[A-Z][A-Za-z]*(?: \d{4}| 2\.0)?)\b")


@dataclass(frozen=True, slots=True)
class Citation:
    """A source as it is shown: the label names paragraph and law only, so that a machine can compare it."""

    label: str
    title: str
    url: str
    as_of: date


@dataclass(frozen=True, slots=True)
class Span:
    """A number such as "4" or "1a", or a range of them ("1 bis 3")."""

    first: str
    last: str

    def __contains__(self, number: str) -> bool:
        return number_key(self.first) <= number_key(number) <= number_key(self.last)

    @property
    def ends(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((self.first, self.last)))


@dataclass(frozen=True, slots=True)
class Reference:
    """One written citation, taken apart: "§ 22 Abs. 1 Satz 2 SGB II"."""

    law: str
    provision: str  # "§ 22" or "Anlage zu § 28"
    number: str
    detail: str
    subsections: tuple[Span, ...] = ()
    sentences: tuple[Span, ...] = ()
    items: tuple[Span, ...] = ()

    @property
    def label(self) -> str:
        return f"{self.provision} {self.law}"

    @property
    def is_annex(self) -> bool:
        return not self.provision.startswith("§")


@dataclass(frozen=True, slots=True)
class _Place:
    """One written citation, found in its law."""

    label: str
    heading: str
    detail: str
    url: str


def number_key(number: str) -> tuple[int, str]:
    """The order in which a law counts: 1, 1a, 2, 10."""
    match = re.match(r"\d+", number)
    return (int(match[0]), number[match.end() :]) if match else (0, number)


def parse_reference(text: str) -> Reference:
    """The parts of a written citation; raises KnowledgeError where it has another form."""
    cleaned = " ".join(text.split())
    paragraph = _PARAGRAPH.fullmatch(cleaned)
    match = paragraph or _ANNEX.fullmatch(cleaned)
    if match is None:
        raise KnowledgeError(f"Die Fundstelle „{text}“ hat nicht die Form „§ 22 Abs. 1 SGB II“.")
    spans: dict[str, list[Span]] = {}
    for kind, numbers in _DETAIL_PART.findall(match["detail"]):
        for part in re.split(r", | und ", numbers):
            first, _, last = part.partition(" bis ")
            spans.setdefault(kind, []).append(Span(first, last or first))
    return Reference(
        law=match["law"],
        provision=f"§ {match['number']}" if paragraph else f"Anlage zu § {match['number']}",
        number=match["number"],
        detail=match["detail"].strip(),
        subsections=tuple(spans.get("Abs.", ())),
        sentences=(*spans.get("Satz", ()), *spans.get("Sätze", ())),
        items=tuple(spans.get("Nr.", ())),
    )


def references_in(text: str) -> list[str]:
    """The citations in a free text ("§ 11a Abs. 7 und § 11b Abs. 2b SGB II"); what stands in no usual form is left out.

    A paragraph without a law belongs to the law that is named next.
    """
    parts = re.split(r"(?=(?:Anlage zu )?§ )(?<!Anlage zu )", text)
    found: list[str] = []
    law = ""
    for part in reversed(parts):
        named = _LAW_NAME.search(part)
        law = named[0] if named else law
        provision = re.match(r"(?:Anlage zu )?§ \d+[a-z]*", part)
        if not provision or not law:
            continue
        detail = re.match(_DETAIL, f"{part[provision.end() : named.start() if named else None].strip(' ,;')} ")
        found.append(" ".join(f"{provision[0]} {detail[0] if detail else ''}{law}".split()))
    return found[::-1]


class Annex(BaseModel):
    model_config = ConfigDict(extra="forbid")

    title: str
    page: str


class Law(BaseModel):
    model_config = ConfigDict(extra="forbid")

    title: str
    slug: str
    paragraphs: dict[str, str]
    subsections: dict[str, str] | None = None  # "1 1a 2": the Absätze that a paragraph has; none named, it has none
    annexes: dict[str, Annex] = {}

    def missing_subsection(self, reference: Reference) -> str | None:
        """A cited Absatz that the paragraph does not have; none where the file says nothing of Absätze."""
        if self.subsections is None or reference.is_annex:
            return None
        present = self.subsections.get(reference.number, "").split()
        return next((end for span in reference.subsections for end in span.ends if end not in present), None)


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
        reference = parse_reference(text)
        number, law = reference.number, self.laws.get(reference.law)
        if law is None:
            raise KnowledgeError(
                f"Die Fundstelle „{text}“ nennt ein Gesetz, das hier nicht geführt wird: {reference.law}."
            )
        heading: str | None
        if reference.is_annex:
            annex = law.annexes.get(number)
            heading, page = (annex.title, annex.page) if annex else (None, "")
        else:
            heading, page = law.paragraphs.get(number), f"__{number}.html"
        if heading is None:
            raise KnowledgeError(f"Die Fundstelle „{text}“ gibt es im Gesetz (Stand {self.as_of:%d.%m.%Y}) nicht.")
        if missing := law.missing_subsection(reference):
            raise KnowledgeError(
                f"Die Fundstelle „{text}“: {reference.label} hat keinen Absatz {missing} (Stand {self.as_of:%d.%m.%Y})."
            )
        return _Place(reference.label, heading, reference.detail, f"{REGISTER}/{law.slug}/{page}")
