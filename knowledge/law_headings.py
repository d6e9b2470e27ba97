"""Command: write `laws.yml` (titles, addresses, headings of paragraphs) from a folder of laws in Markdown.

    python -m knowledge.law_headings FOLDER [--as-of 2026-08-19]

Only headings are taken. Paragraphs that were repealed are left out, so an article that cites one is withheld.
"""

from __future__ import annotations

import argparse
import re
from datetime import date
from pathlib import Path

import yaml

from knowledge.errors import KnowledgeError

# prefix of the file name: abbreviation as it is cited, folder at gesetze-im-internet.de, title
KNOWN_LAWS = {
    "SGB_1": ("SGB I", "sgb_1", "Sozialgesetzbuch Erstes Buch – Allgemeiner Teil"),
    "SGB_2": ("SGB II", "sgb_2", "Sozialgesetzbuch Zweites Buch – Grundsicherung für Arbeitsuchende"),
    "SGB_3": ("SGB III", "sgb_3", "Sozialgesetzbuch Drittes Buch – Arbeitsförderung"),
    "SGB_10": ("SGB X", "sgb_10", "Sozialgesetzbuch Zehntes Buch – Sozialverwaltungsverfahren und Sozialdatenschutz"),
    "SGB_12": ("SGB XII", "sgb_12", "Sozialgesetzbuch Zwölftes Buch – Sozialhilfe"),
    "SGG": ("SGG", "sgg", "Sozialgerichtsgesetz"),
    "BKGG": ("BKGG", "bkgg_1996", "Bundeskindergeldgesetz"),
    "WoGG": ("WoGG", "wogg", "Wohngeldgesetz"),
    "UhVorschG": ("UhVorschG", "uhvorschg", "Unterhaltsvorschussgesetz"),
    "RBEG": ("RBEG", "rbeg_2021", "Regelbedarfsermittlungsgesetz"),
    "RBSFV_2026": ("RBSFV 2026", "rbsfv_2026", "Regelbedarfsstufen-Fortschreibungsverordnung 2026"),
    "BITV_2.0": ("BITV 2.0", "bitv_2_0", "Barrierefreie-Informationstechnik-Verordnung"),
    "BGG": ("BGG", "bgg", "Behindertengleichstellungsgesetz"),
    "KomtrZV": ("KomtrZV", "komtrzv", "Kommunalträger-Zulassungsverordnung"),
}
REPEALED = "(weggefallen)"
_PARAGRAPH = re.compile(r"^# § (\d+[a-z]*)(?: – (.+))?$", re.MULTILINE)
_ANNEX = re.compile(r"^# Anlage(?: (\d+))? – \(zu § (\d+[a-z]*)[^)]*\)(.*)$", re.MULTILINE)


def headings(folder: Path) -> dict[str, dict[str, object]]:
    """For all known laws in the folder what `laws.yml` says of them."""
    laws: dict[str, dict[str, object]] = {}
    for path in sorted(folder.glob("*.md")):
        known = KNOWN_LAWS.get(path.name.split("-")[0])
        if known is None:
            continue
        abbreviation, slug, title = known
        text = path.read_text(encoding="utf-8")
        law: dict[str, object] = {"title": title, "slug": slug}
        law["paragraphs"] = {
            # Some laws (SGG) give their paragraphs no headings; the law's own title stands in.
            number: heading.strip() or title
            for number, heading in _PARAGRAPH.findall(text)
            if REPEALED not in heading
        }
        annexes: dict[str, dict[str, str]] = {}
        for number, paragraph, heading in _ANNEX.findall(text):
            # The register numbers annexes only where a law names them so; the first unnumbered one is anlage.html.
            page = f"anlage_{number}.html" if number else "anlage.html" if not annexes else ""
            annexes[paragraph] = {"title": heading.strip() or f"zu § {paragraph}", "page": page}
        if annexes:
            law["annexes"] = annexes
        laws[abbreviation] = law
    if not laws:
        raise KnowledgeError(f"{folder}: keine bekannten Gesetze gefunden")
    return laws


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--as-of", type=date.fromisoformat, default=date(2026, 8, 19))
    arguments = parser.parse_args()
    laws = headings(arguments.folder)
    content = {"as_of": arguments.as_of, "laws": laws}
    target = Path(__file__).parent / "laws.yml"
    head = "# Laws that articles may cite: title, address, headings in force. Written by knowledge.law_headings.\n"
    target.write_text(head + yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=160), encoding="utf-8")
    print(f"{target.name}: {', '.join(laws)}")


if __name__ == "__main__":
    main()
