"""Reads the official XML of "Gesetze im Internet" (gii-norm.dtd 1.01, juris GmbH for the Federal Ministry of Justice).

Only wording is taken: footnotes, editors' comments and pictures are left out. No entity is ever expanded and nothing
outside the file is loaded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from xml.etree.ElementTree import Element, ParseError  # noqa: S405  (types only; parsing is defusedxml's)

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from knowledge.errors import KnowledgeError
from knowledge.law.names import known_law, law_name, register_folder
from knowledge.law.text import Annexes, LawText, Provision, is_repealed, subsections

_NO_WORDING = {"FnR", "FnArea", "Footnotes", "kommentar", "IMG", "FILE", "colspec", "spanspec"}
_PARAGRAPH = re.compile(r"(?:\(XXXX\)\s*)?§\s*(\d+)\s*([a-z]*)")
_ARTICLE = re.compile(r"Art(?:ikel|\.)?\s*(\d+\s?[a-z]*|[IVX]+)")
_ANNEX = re.compile(r"Anlage(?: \w+)?")


def read_official(content: bytes, *, source: str, as_of: date | None = None) -> LawText:
    """One law from its XML; without `as_of` it has the date on which the register wrote the file.

    Raises KnowledgeError with a German sentence for anything that is not such a file.
    """
    try:
        root = fromstring(content, forbid_dtd=False, forbid_entities=True, forbid_external=True)
    except DefusedXmlException as error:
        raise KnowledgeError(f"{source}: enthält XML-Entitäten; solche Dateien werden nicht gelesen.") from error
    except (ParseError, ValueError, LookupError) as error:
        raise KnowledgeError(f"{source}: ist kein lesbares XML ({error}).") from error
    norms = root.findall("norm")
    if root.tag != "dokumente" or not norms:
        raise KnowledgeError(f"{source}: ist keine Gesetzesdatei von „Gesetze im Internet“ (gii-norm).")
    return _law(norms, built=root.get("builddate") or "", source=source, as_of=as_of)


def _law(norms: list[Element], *, built: str, source: str, as_of: date | None) -> LawText:
    head = norms[0].find("metadaten")
    abbreviation = (head.findtext("jurabk") or "").strip() if head is not None else ""
    if head is None or not abbreviation:
        raise KnowledgeError(f"{source}: nennt keine Abkürzung des Gesetzes (jurabk).")
    official = (head.findtext("amtabk") or "").strip()
    known = known_law(abbreviation) or known_law(official)
    name, slug, title = known or (
        law_name(official or abbreviation),
        register_folder(abbreviation),
        _flat(head.find("kurzue")) or _flat(head.find("langue")) or abbreviation,
    )
    try:
        state = as_of or datetime.strptime(built[:8], "%Y%m%d").date()  # noqa: DTZ007
    except ValueError as error:
        raise KnowledgeError(f"{source}: nennt keinen Stand; bitte --as-of JJJJ-MM-TT angeben.") from error
    provisions: dict[str, Provision] = {}
    annexes = Annexes()
    for norm in norms[1:]:
        provision = _provision(norm, annexes)
        if provision is not None and provision.name not in provisions:
            provisions[provision.name] = provision
    if not provisions:
        raise KnowledgeError(f"{source}: enthält keine Vorschriften.")
    return LawText(name, title, slug, state, source, tuple(provisions.values()))


def _provision(norm: Element, annexes: Annexes) -> Provision | None:
    designation = " ".join((norm.findtext("metadaten/enbez") or "").split())
    heading = _flat(norm.find("metadaten/titel"))
    if not designation or is_repealed(heading):
        return None
    if match := _PARAGRAPH.fullmatch(designation):
        name, page = f"§ {match[1]}{match[2]}", f"__{match[1]}{match[2]}.html"
    elif match := _ARTICLE.fullmatch(designation):
        number = match[1].replace(" ", "")
        name, page = f"Art. {number}", f"art_{number}.html"
    elif _ANNEX.fullmatch(designation):
        name, heading, page = annexes.place(designation, heading)
    else:
        return None  # contents, preambles, formulas, "§§ 53 bis 60 (weggefallen)"
    content = norm.find("textdaten/text/Content")
    found = subsections(_blocks(content)) if content is not None else ()
    return Provision(name, heading, found, page) if found else None


def _blocks(content: Element) -> Iterator[str]:
    for child in content:
        # A paragraph in the law is one P; continued ones are put together by `subsections`.
        yield _text(child)


def _text(element: Element) -> str:
    lines = [" ".join(line.split()) for line in _running(element).split("\n")]
    return "\n".join(line for line in lines if line)


def _running(element: Element) -> str:
    """The wording with a line of its own for each item of a list and each row of a table."""
    if element.tag in _NO_WORDING or (element.tag == "SUP" and element.get("class") == "Rec"):
        return ""
    if element.tag == "BR":
        return "\n"
    parts = [element.text or ""]
    for child in element:
        inner = _running(child)
        match child.tag:
            case "DT":
                inner = f"\n{inner.strip()} "
            case "DL" | "table" | "row" | "LA" if element.tag != "DD":
                inner = f"\n{inner}\n"
            case "entry":
                inner = f"{' '.join(inner.split())} | "
            case "P" | "Title":
                inner = f"{inner}\n"
        # The wording of an item follows its number on the same line.
        parts.append(inner.lstrip() if child.tag == "DD" else inner)
        parts.append(child.tail or "")
    return re.sub(r"( \|)+ *$", "", "".join(parts)) if element.tag == "row" else "".join(parts)


def _flat(element: Element | None) -> str:
    return " ".join(_running(element).split()) if element is not None else ""
