"""Reads a law in Markdown: a title line with "%", one heading "# § 22 – Heading" per provision, "(1)" per Absatz."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import date

from knowledge.errors import KnowledgeError
from knowledge.law.names import known_law, law_name, register_folder
from knowledge.law.text import Annexes, LawText, Provision, is_repealed, subsections

_HEADING = re.compile(r"^# +(.+)$", re.MULTILINE)
_PARAGRAPH = re.compile(r"§ ?(\d+[a-z]*)(?: – (.+))?")
_ANNEX = re.compile(r"(Anlage(?: \w+)?)(?: – (.*))?")
_TABLE_RULE = re.compile(r"^[ |:+=-]+$")
_REMARK = re.compile(r"\(\+\+\+.*?\+\+\+\)", re.DOTALL)
# The footnotes that the XML keeps apart stand here behind the wording: "§ 34 Abs. 7 idF d. Art. 3 Nr. 12 G v. …"
_FOOTNOTE = re.compile(r"§ \d+[a-z]*\b.{0,120}?\bid ?F\b")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)


def is_law(text: str) -> bool:
    """Whether a Markdown file is a law at all; a folder may also hold a README."""
    return text.startswith("% ")


def read_markdown(text: str, *, file_name: str, as_of: date | None) -> LawText:
    """One law; its abbreviation stands in the file's name ("SGB_2-BJNR295500003.md")."""
    if not is_law(text):
        raise KnowledgeError(f"{file_name}: ist kein Gesetz in Markdown; die erste Zeile muss „% Titel“ sein.")
    if as_of is None:
        raise KnowledgeError(f"{file_name}: Markdown nennt keinen Stand; bitte --as-of JJJJ-MM-TT angeben.")
    prefix = file_name.removesuffix(".md").split("-BJNR")[0]
    known = known_law(prefix)
    title = text.partition("\n")[0].removeprefix("% ").strip()
    name, slug, title = known or (law_name(prefix), register_folder(prefix), title)
    text = _COMMENT.sub("", _REMARK.sub("", text))
    matches = list(_HEADING.finditer(text))
    provisions: dict[str, Provision] = {}
    annexes = Annexes()
    for match, following in zip(matches, [*matches[1:], None], strict=True):
        body = text[match.end() : following.start() if following else len(text)]
        provision = _provision(match[1].strip(), body, annexes)
        if provision is not None and provision.name not in provisions:
            provisions[provision.name] = provision
    if not provisions:
        raise KnowledgeError(f"{file_name}: enthält keine Vorschriften.")
    return LawText(name, title, slug, as_of, file_name, tuple(provisions.values()))


def _provision(designation: str, body: str, annexes: Annexes) -> Provision | None:
    if match := _PARAGRAPH.fullmatch(designation):
        name, heading, page = f"§ {match[1]}", (match[2] or "").strip(), f"__{match[1]}.html"
    elif match := _ANNEX.fullmatch(designation):
        name, heading, page = annexes.place(match[1], (match[2] or "").strip())
    else:
        return None
    if is_repealed(heading):
        return None
    found = subsections(_blocks(body))
    return Provision(name, heading, found, page) if found else None


def _blocks(body: str) -> Iterator[str]:
    for block in re.split(r"\n\s*\n", _without_html_tables(body)):
        lines = [line for line in block.splitlines() if not _TABLE_RULE.match(line)]
        is_table = any(line.lstrip().startswith("|") for line in lines)
        text = ("\n" if is_table else " ").join(" ".join(line.strip(" |").split()) for line in lines)
        if not _FOOTNOTE.match(text):
            yield html.unescape(re.sub(r"\\([\\\-_*.|\[\]()])", r"\1", text))


def _without_html_tables(body: str) -> str:
    """Tables in HTML as lines of cells."""
    if "<" not in body:
        return body
    body = re.sub(r"</t[dh]>\s*(?=<t[dh])", " | ", body)
    body = re.sub(r"</tr>", "\n", body)
    return re.sub(r"</?[a-zA-Z][^<>]*>", "", body)
