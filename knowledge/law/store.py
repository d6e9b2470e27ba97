"""The local store of laws: several states of each law side by side, searchable in German.

It is made with `make law SOURCE=folder` and never part of the repository. A store may be read by any number of threads
and processes; every call opens it anew and only reads.
"""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from knowledge import ROOT
from knowledge.errors import KnowledgeError
from knowledge.law.names import law_name
from knowledge.law.text import LawText, Provision, Subsection
from knowledge.laws import REGISTER, Span, parse_reference
from knowledge.retrieval.german import clean, stem, words

SETTING = "LOTSE_LAW_STORE"
HEADING_WEIGHT, TEXT_WEIGHT = 2.0, 1.0  # a heading names what the whole provision is about
SHORTEST_PART = 5  # letters; shorter parts stand in too many compounds that mean something else
SHORTEST_TERM = 3

_SCHEMA = """
CREATE TABLE IF NOT EXISTS states (
    id INTEGER PRIMARY KEY, law TEXT NOT NULL, title TEXT NOT NULL, slug TEXT NOT NULL, as_of TEXT NOT NULL,
    source TEXT NOT NULL, UNIQUE (law, as_of)
);
CREATE TABLE IF NOT EXISTS passages (
    id INTEGER PRIMARY KEY, state INTEGER NOT NULL REFERENCES states, provision TEXT NOT NULL, heading TEXT NOT NULL,
    page TEXT NOT NULL, subsection TEXT NOT NULL, text TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS passages_by_provision ON passages (state, provision);
CREATE VIRTUAL TABLE IF NOT EXISTS terms USING fts5 (heading, text, tokenize = "unicode61 remove_diacritics 0");
CREATE VIRTUAL TABLE IF NOT EXISTS vocabulary USING fts5vocab (terms, row);
"""
_COLUMNS = """
    SELECT passages.id, states.law, states.slug, states.as_of, passages.provision, passages.page,
           CASE passages.heading WHEN '' THEN states.title ELSE passages.heading END,
           passages.subsection, passages.text
    FROM passages JOIN states ON states.id = passages.state
"""
_ASKED_PROVISION = re.compile(r"(?:§+|\bparagra(?:ph|f)(?:en)?)\s*(\d+)\s?([a-z]?)(?![a-zäöüß])", re.IGNORECASE)
_ASKED_SUBSECTION = re.compile(r"\bAbs(?:\.|atz)\s*(\d+[a-z]*)", re.IGNORECASE)
_ASKED_LAW = re.compile(r"\b(SGB\s?(?:[IVX]+|\d+)|SGG|BKGG|WoGG|UhVorschG|RBEG|BGG)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Passage:
    """One Absatz with its place; `subsection` is empty where the provision has no Absätze."""

    label: str
    subsection: str
    heading: str
    text: str
    as_of: date
    url: str


def store_path() -> Path:
    """The store that `LOTSE_LAW_STORE` names, else `var/law.db` of the checkout; it need not exist."""
    return Path(os.environ.get(SETTING) or ROOT.parent / "var" / "law.db")


class LawStore:
    """Imported laws. Reading calls raise KnowledgeError (German) where the store does not exist or is none."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def exists(self) -> bool:
        return self.path.is_file()

    def add(self, laws: Iterable[LawText]) -> None:
        """Take in laws, all or none; a state of the same law and day is replaced."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with closing(sqlite3.connect(self.path)) as connection, connection:
                connection.executescript(_SCHEMA)
                connection.execute("BEGIN")
                for law in laws:
                    _replace(connection, law)
        except sqlite3.DatabaseError as error:
            raise KnowledgeError(f"{self.path}: ist kein Gesetzesspeicher ({error}).") from error

    def states(self) -> dict[str, tuple[date, ...]]:
        """All laws with the days of their states, oldest first."""
        found: dict[str, tuple[date, ...]] = {}
        for law, as_of in self._rows("SELECT law, as_of FROM states ORDER BY law, as_of"):
            found[law] = (*found.get(law, ()), date.fromisoformat(as_of))
        return found

    def search(self, query: str, law: str | None = None, limit: int = 10, as_of: date | None = None) -> list[Passage]:
        """Passages for some words or for a paragraph ("§ 22 Abs. 6"), best first, from the newest state of each law.

        Passages with all the words come first, then those with the rarest word, then any others: in "wer zahlt die
        Klassenfahrt" only one word names a thing. A word also finds compounds that contain it.
        """
        states = self._newest(law or _law_in(query), as_of)
        found = {
            row[0]: row
            for number in _ASKED_PROVISION.findall(query)
            for row in self._provision(states, f"§ {''.join(number).lower()}", _ASKED_SUBSECTION.findall(query))
        }
        rest = _ASKED_LAW.sub(" ", _ASKED_SUBSECTION.sub(" ", _ASKED_PROVISION.sub(" ", query)))
        groups = [group for count, group in sorted(map(self._group, dict.fromkeys(_stems(rest)))) if count]
        some = " OR ".join(groups)
        for expression in (" AND ".join(groups), f"{groups[0]} AND ({some})", some) if groups else ():
            if len(found) < limit:
                for row in self._matching(states, expression, limit):
                    found.setdefault(row[0], row)
        return [_passage(row) for row in list(found.values())[:limit]]

    def passages(self, citation: str, as_of: date | None = None) -> list[Passage]:
        """The passages behind a citation, in order: the cited Absätze, or all of the paragraph; empty if there is none.

        Raises KnowledgeError where the text is no citation.
        """
        reference = parse_reference(citation)
        states = self._newest(law_name(reference.law), as_of)
        rows = self._provision(states, reference.provision, reference.subsections)
        return [_passage(row) for row in rows]

    def law(self, name: str, as_of: date | None = None) -> LawText | None:
        """One law as it stood on a day: its newest state up to then."""
        for state in self._newest(law_name(name), as_of):
            title, slug, day, source = self._rows(
                "SELECT title, slug, as_of, source FROM states WHERE id = ?", [state]
            )[0]
            provisions: dict[str, Provision] = {}
            for provision, heading, page, number, text in self._rows(
                "SELECT provision, heading, page, subsection, text FROM passages WHERE state = ? ORDER BY id", [state]
            ):
                before = provisions[provision].subsections if provision in provisions else ()
                provisions[provision] = Provision(provision, heading, (*before, Subsection(number, text)), page)
            return LawText(law_name(name), title, slug, date.fromisoformat(day), source, tuple(provisions.values()))
        return None

    def _newest(self, law: str | None, as_of: date | None) -> list[int]:
        rows = self._rows(
            "SELECT id, max(as_of) FROM states WHERE (? IS NULL OR law = ?) AND (? IS NULL OR as_of <= ?) GROUP BY law",
            [law and law_name(law), law and law_name(law), as_of and as_of.isoformat(), as_of and as_of.isoformat()],
        )
        return [row[0] for row in rows]

    def _provision(self, states: list[int], provision: str, wanted: Iterable[Span | str]) -> list[tuple]:
        rows = self._rows(
            f"{_COLUMNS} WHERE state IN ({_marks(states)}) AND provision = ? ORDER BY passages.id", [*states, provision]
        )
        spans = [Span(span, span) if isinstance(span, str) else span for span in wanted]
        return [row for row in rows if not spans or any(row[7] in span for span in spans)]

    def _matching(self, states: list[int], expression: str, limit: int) -> list[tuple]:
        return self._rows(
            f"{_COLUMNS} JOIN terms ON terms.rowid = passages.id WHERE terms MATCH ? AND state IN ({_marks(states)}) "
            f"ORDER BY bm25(terms, {HEADING_WEIGHT}, {TEXT_WEIGHT}) LIMIT ?",
            [expression, *states, limit],
        )

    def _group(self, term: str) -> tuple[int, str]:
        """A query word's stem or any compound that has it as a part; if there is none, the word's own last part.

        Beside the expression, in how many passages it stands at most.
        """
        rows = self._rows("SELECT term, doc FROM vocabulary WHERE term = ? OR term LIKE ?", [term, _containing(term)])
        for start in range(3, len(term) - SHORTEST_PART + 1) if not rows else ():
            rows = self._rows("SELECT term, doc FROM vocabulary WHERE term = ?", [term[start:]])
            if rows:
                break
        quoted = " OR ".join(f'"{found}"' for found, _ in rows)
        return sum(count for _, count in rows), f"({quoted})"

    def _rows(self, statement: str, parameters: Iterable[object] = ()) -> list[tuple]:
        if not self.exists:
            raise KnowledgeError(f"{self.path}: Es ist noch kein Gesetz eingelesen (make law SOURCE=Ordner).")
        try:
            with closing(sqlite3.connect(f"{self.path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
                return connection.execute(statement, tuple(parameters)).fetchall()
        except sqlite3.DatabaseError as error:
            raise KnowledgeError(f"{self.path}: ist kein Gesetzesspeicher ({error}).") from error


def _replace(connection: sqlite3.Connection, law: LawText) -> None:
    key = (law.name, law.as_of.isoformat())
    for (state,) in connection.execute("SELECT id FROM states WHERE law = ? AND as_of = ?", key).fetchall():
        connection.execute("DELETE FROM terms WHERE rowid IN (SELECT id FROM passages WHERE state = ?)", (state,))
        connection.execute("DELETE FROM passages WHERE state = ?", (state,))
        connection.execute("DELETE FROM states WHERE id = ?", (state,))
    state = connection.execute(
        "INSERT INTO states (law, as_of, title, slug, source) VALUES (?, ?, ?, ?, ?)",
        (*key, law.title, law.slug, law.source),
    ).lastrowid
    for provision in law.provisions:
        heading_stems = " ".join(_stems(provision.heading))
        for part in provision.subsections:
            row = connection.execute(
                "INSERT INTO passages (state, provision, heading, page, subsection, text) VALUES (?, ?, ?, ?, ?, ?)",
                (state, provision.name, provision.heading, provision.page, part.number, part.text),
            ).lastrowid
            connection.execute(
                "INSERT INTO terms (rowid, heading, text) VALUES (?, ?, ?)",
                (row, heading_stems, " ".join(_stems(part.text))),
            )


def _stems(text: str) -> Iterator[str]:
    return (stem(word) for word in words(clean(text)) if len(word) >= SHORTEST_TERM or word.isdigit())


def _law_in(query: str) -> str | None:
    """The law that a query names beside a paragraph ("§ 22 SGB II")."""
    match = _ASKED_LAW.search(query) if _ASKED_PROVISION.search(query) else None
    return match[0] if match else None


def _containing(term: str) -> str:
    return f"%{term}%" if len(term) >= SHORTEST_PART and term.isalpha() else term


def _marks(values: list[int]) -> str:
    return ", ".join("?" * len(values))


def _passage(row: tuple) -> Passage:
    _, law, slug, as_of, provision, page, heading, subsection, text = row
    return Passage(
        label=f"{provision} {law}",
        subsection=subsection,
        heading=heading,
        text=text,
        as_of=date.fromisoformat(as_of),
        url=f"{REGISTER}/{slug}/{page}",
    )
