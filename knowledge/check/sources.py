"""Whether every citation exists: in the imported law where there is one, else in `laws.yml`.

`laws.yml` knows paragraphs and Absätze. Only the imported wording tells whether a Nummer or a Satz exists.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from knowledge.errors import KnowledgeError
from knowledge.law import LawStore
from knowledge.law.text import LawText
from knowledge.laws import Laws, Reference, parse_reference


@dataclass
class Sources:
    """The laws to check citations by. A stored law that is older than `laws.yml` is not used."""

    laws: Laws
    stored: dict[str, LawText] = field(default_factory=dict)

    @classmethod
    def load(cls, root: Path, store: LawStore | None, today: date) -> Sources:
        laws = Laws.load(root)
        if store is None or not store.exists:
            return cls(laws)
        found = (store.law(name, today) for name in laws.laws)
        return cls(laws, {law.name: law for law in found if law is not None and law.as_of >= laws.as_of})

    @property
    def described(self) -> str:
        """By what the citations were checked, for the foot of the table."""
        index = f"laws.yml (Stand {self.laws.as_of:%d.%m.%Y})"
        if not self.stored:
            return (
                f"Fundstellen geprüft an {index}, ohne Satz und Nummer; den Wortlaut liest make law SOURCE=Ordner ein."
            )
        days = sorted({law.as_of for law in self.stored.values()})
        states = " und ".join(f"{day:%d.%m.%Y}" for day in dict.fromkeys((days[0], days[-1])))
        rest = "" if len(self.stored) == len(self.laws.laws) else f", übrige Gesetze an {index}"
        return f"Fundstellen geprüft am eingelesenen Wortlaut von {len(self.stored)} Gesetzen (Stand {states}){rest}."

    def wrong(self, citations: Iterable[str]) -> Iterator[str]:
        """A German sentence for each citation that does not exist."""
        for text in citations:
            try:
                self.laws.citation(text)
            except KnowledgeError as error:
                yield str(error)
                continue
            reference = parse_reference(text)
            if (law := self.stored.get(reference.law)) and (missing := _missing(reference, law)):
                yield f"Die Fundstelle „{text}“: {missing} (Wortlaut vom {law.as_of:%d.%m.%Y})."


def _missing(reference: Reference, law: LawText) -> str | None:
    provision = next((found for found in law.provisions if found.name == reference.provision), None)
    if provision is None:
        return f"{reference.label} gibt es nicht"
    if reference.is_annex:
        return None
    numbers = {part.number for part in provision.subsections}
    for span in reference.subsections:
        for end in span.ends:
            if end not in numbers:
                return f"{reference.label} hat keinen Absatz {end}"
    cited = [
        part
        for part in provision.subsections
        if not reference.subsections or any(part.number in span for span in reference.subsections)
    ]
    lacks = [part.lacks(reference) for part in cited]
    if lacks and all(lacks):
        place = f"Abs. {cited[0].number} hat" if len(cited) == 1 and cited[0].number else f"{reference.label} hat"
        return f"{place} keine {lacks[0]}" if str(lacks[0]).startswith("Nummer") else f"{place} keinen {lacks[0]}"
    return None
