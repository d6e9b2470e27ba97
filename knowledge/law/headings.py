"""Writes `laws.yml`: of each law that articles may cite its title, headings and Absätze in force, and no wording."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import yaml

from knowledge.errors import KnowledgeError
from knowledge.law.names import known_law
from knowledge.law.text import LawText

_HEAD = (
    "# Laws that articles may cite: title, address, headings and Absätze in force. Written by "
    "`python -m knowledge.law headings FOLDER`.\n"
)


def write_headings(laws: Iterable[LawText], target: Path) -> list[str]:
    """Write the known laws of one folder and name them; what was repealed is left out, so citing it is an error."""
    known = sorted((law for law in laws if known_law(law.name)), key=lambda law: law.name)
    if not known:
        raise KnowledgeError("Unter den gelesenen Gesetzen ist keines, das Artikel nennen dürfen.")
    content = {"as_of": max(law.as_of for law in known), "laws": {law.name: _described(law) for law in known}}
    target.write_text(_HEAD + yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=160), encoding="utf-8")
    return [law.name for law in known]


def _described(law: LawText) -> dict[str, object]:
    paragraphs = [provision for provision in law.provisions if provision.name.startswith("§")]
    described: dict[str, object] = {
        "title": law.title,
        "slug": law.slug,
        # The SGG gives its paragraphs no headings; the law's own title stands in.
        "paragraphs": {provision.number: provision.heading or law.title for provision in paragraphs},
        "subsections": {
            provision.number: numbers
            for provision in paragraphs
            if (numbers := " ".join(part.number for part in provision.subsections if part.number))
        },
    }
    annexes = {
        provision.number: {"title": provision.heading, "page": provision.page}
        for provision in law.provisions
        if provision.name.startswith("Anlage zu §")
    }
    if annexes:
        described["annexes"] = annexes
    return described
