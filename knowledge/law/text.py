"""A law as both readers give it: provisions ("§ 22"), each with its Absätze and their text, one line per list item."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from knowledge.laws import Reference

_REPEALED = re.compile(
    r"(?:(?:bis|und|u\.|,)\s*\(\d+[a-z]*\)\s*)*\(?(?:weggefallen|aufgehoben)\)?[.,;]?", re.IGNORECASE
)
_NUMBERED = re.compile(r"\((\d+[a-z]*)\)\s*(.*)", re.DOTALL)
_ITEM = re.compile(r"^(\d+[a-z]*)\.?(?:\s|$)", re.MULTILINE)
_SENTENCE_END = re.compile(r"[.!?](?=\s|$)")
# Remarks of the register's editors on where a provision applies; they are no part of the law.
_REMARK = re.compile(r"\(\+\+\+.*?\+\+\+\)", re.DOTALL)
_ANNEX_TO = re.compile(r"\(zu § ?(\d+[a-z]*)[^)]*\)\s*(.*)", re.DOTALL)
_SAME_SIGN = str.maketrans(
    dict.fromkeys("„“”«»‚‘’", '"') | dict.fromkeys("‐‑‒–—−", "-") | dict.fromkeys("|\\\u00ad\u200b\ufeff")
)


@dataclass(frozen=True, slots=True)
class Subsection:
    """One Absatz; `number` is empty for text that stands in none."""

    number: str
    text: str

    @property
    def canonical(self) -> str:
        """The wording without what is only form: spaces, line ends, kinds of quotation marks and dashes."""
        return "".join(unicodedata.normalize("NFKC", self.text).translate(_SAME_SIGN).split())

    def lacks(self, reference: Reference) -> str | None:
        """A cited Nummer or Satz that cannot be in this text, in words; none where it is there or undecidable.

        The texts do not number their sentences, so only a Satz beyond all full stops is surely wrong.
        """
        items = set(_ITEM.findall(self.text))
        for span in reference.items:
            for end in span.ends:
                if end.isalnum() and end not in items:
                    return f"Nummer {end}"
        most = len(_SENTENCE_END.findall(_ITEM.sub("", self.text)))
        for span in reference.sentences:
            if span.last.isdigit() and int(span.last) > max(most, 1):
                return f"Satz {span.last}"
        return None


@dataclass(frozen=True, slots=True)
class Provision:
    """One paragraph, article or annex; `name` is "§ 22", "Art. 1" or "Anlage zu § 28". Some laws give no headings."""

    name: str
    heading: str
    subsections: tuple[Subsection, ...]
    page: str = ""  # its page in the register, within the law's folder

    @property
    def number(self) -> str:
        return self.name.rpartition(" ")[2]


@dataclass
class Annexes:
    """Names and pages of a law's annexes. Two belong to § 19 of the WoGG: the second is called by its own number."""

    taken: set[str] = field(default_factory=set)
    unnumbered: int = 0

    def place(self, designation: str, heading: str) -> tuple[str, str, str]:
        """Name, heading and page; the register numbers pages as the law does, and the first unnumbered one not."""
        number = designation.removeprefix("Anlage").strip()
        self.unnumbered += not number
        page = f"anlage_{number.lower()}.html" if number else "anlage.html" if self.unnumbered == 1 else ""
        name = designation
        if match := _ANNEX_TO.match(heading):
            heading = match[2].strip() or f"zu § {match[1]}"
            name = f"Anlage zu § {match[1]}"
            name = designation if name in self.taken else name
        self.taken.add(name)
        return name, heading, page


@dataclass(frozen=True, slots=True)
class LawText:
    """One law in one state."""

    name: str
    title: str
    slug: str
    as_of: date
    source: str
    provisions: tuple[Provision, ...]


def subsections(blocks: Iterable[str]) -> tuple[Subsection, ...]:
    """Blocks of text in order, put together to Absätze; repealed ones are left out."""
    parts: list[tuple[str, list[str]]] = []
    for block in blocks:
        text = _REMARK.sub("", block).strip()
        if not text:
            continue
        match = _NUMBERED.match(text)
        if match and match[1] not in {number for number, _ in parts}:
            parts.append((match[1], [match[2].strip()]))
        elif parts:
            parts[-1][1].append(text)
        else:
            parts.append(("", [text]))
    joined = (Subsection(number, "\n".join(filter(None, texts))) for number, texts in parts)
    return tuple(part for part in joined if part.text and not is_repealed(part.text))


def is_repealed(text: str) -> bool:
    """Whether a heading or text says only that there is nothing any more."""
    return _REPEALED.fullmatch(text.strip()) is not None
