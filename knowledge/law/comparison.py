"""Two states of a law compared: what changed in its wording, and which articles and amounts rest on that.

Spaces, line ends, kinds of quotation marks and of dashes do not count, so a Markdown state can be compared with XML.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from knowledge.amounts import load_amounts
from knowledge.articles import read_source
from knowledge.errors import KnowledgeError
from knowledge.law.text import LawText, Provision
from knowledge.laws import Reference, parse_reference, references_in

Kind = Literal["neu", "geändert", "weggefallen", "verschoben", "Überschrift"]


@dataclass(frozen=True, slots=True)
class Change:
    """One changed Absatz; an empty `subsection` means the whole provision."""

    law: str
    provision: str
    subsection: str
    kind: Kind
    note: str = ""
    old: str = ""
    new: str = ""

    @property
    def place(self) -> str:
        return f"{self.provision} Abs. {self.subsection}" if self.subsection else self.provision


@dataclass(frozen=True, slots=True)
class Touched:
    """A change with the articles that cite exactly its Absatz, and those that cite the whole paragraph."""

    change: Change
    exactly: tuple[str, ...]
    as_a_whole: tuple[str, ...]


@dataclass
class Citations:
    """Who cites what: places (articles, amounts) by law and provision. `problems` are files that say nothing usable."""

    by_provision: dict[tuple[str, str], list[tuple[str, Reference]]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    @classmethod
    def read(cls, root: Path) -> Citations:
        """The citations of all articles of all layers and tenants, and of all amounts."""
        citations = cls()
        for path in sorted(root.rglob("articles/**/*.md")):
            try:
                source = read_source(path)
            except KnowledgeError as error:
                citations.problems.append(str(error))
                continue
            citations._add(path.stem, source.citations)
        for group, amounts in load_amounts(root)[0].items():
            for key, amount in amounts.items():
                citations._add(f"Betrag {group}.{key}", references_in(amount.source))
        return citations

    def _add(self, place: str, texts: Iterable[str]) -> None:
        for text in texts:
            try:
                reference = parse_reference(text)
            except KnowledgeError:
                continue  # the check tells of citations that are none
            self.by_provision.setdefault((reference.law, reference.provision), []).append((place, reference))

    def touched_by(self, change: Change) -> Touched:
        cited = self.by_provision.get((change.law, change.provision), [])
        exactly, as_a_whole = [], []
        for place, reference in cited:
            if not change.subsection or any(change.subsection in span for span in reference.subsections):
                exactly.append(place)
            elif not reference.subsections:
                as_a_whole.append(place)
        whole = (place for place in as_a_whole if place not in exactly)
        return Touched(change, tuple(dict.fromkeys(exactly)), tuple(dict.fromkeys(whole)))


def compare(old: Mapping[str, LawText], new: Mapping[str, LawText]) -> list[Change]:
    """All changes in the laws that both sides have, in the order of the new law."""
    return [change for name in new if name in old for change in _in_law(old[name], new[name])]


def _in_law(old: LawText, new: LawText) -> Iterator[Change]:
    before = {provision.name: provision for provision in old.provisions}
    after = {provision.name: provision for provision in new.provisions}
    for name, provision in after.items():
        if name in before:
            yield from _in_provision(new.name, before[name], provision)
        else:
            yield Change(new.name, name, "", "neu", provision.heading, new=_wording(provision))
    for name, provision in before.items():
        if name not in after:
            yield Change(new.name, name, "", "weggefallen", provision.heading, old=_wording(provision))


def _in_provision(law: str, old: Provision, new: Provision) -> Iterator[Change]:
    if _plain(old.heading) != _plain(new.heading):
        yield Change(law, new.name, "", "Überschrift", f"jetzt: {new.heading}", old.heading, new.heading)
    before = {part.number: part for part in old.subsections}
    after = {part.number: part for part in new.subsections}
    old_place = {part.canonical: part.number for part in old.subsections}
    new_place = {part.canonical: part.number for part in new.subsections}
    for number in dict.fromkeys((*before, *after)):
        first, second = before.get(number), after.get(number)
        if first and second and first.canonical == second.canonical:
            continue
        moved_to = new_place.get(first.canonical) if first else None
        kind: Kind = "verschoben" if moved_to else "weggefallen" if not second else "geändert" if first else "neu"
        note = f"jetzt Abs. {moved_to}" if moved_to else ""
        if kind == "neu" and second and (came_from := old_place.get(second.canonical)):
            note = f"bisher Abs. {came_from}"
        yield Change(law, new.name, number, kind, note, first.text if first else "", second.text if second else "")


def _plain(heading: str) -> str:
    return "".join(character for character in heading.casefold() if character.isalnum())


def _wording(provision: Provision) -> str:
    return "\n".join(f"({part.number}) {part.text}" if part.number else part.text for part in provision.subsections)
