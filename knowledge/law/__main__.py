"""The editors' view of the law.

    python -m knowledge.law import PATH... [--as-of 2026-08-19]
    python -m knowledge.law search "Mietkaution Darlehen" [--law "SGB II"]
    python -m knowledge.law show "§ 22 Abs. 4 SGB II"
    python -m knowledge.law compare OLD NEW
    python -m knowledge.law headings FOLDER [--as-of 2026-08-19]

OLD and NEW are files, folders, days (2026-06-30: every law as it stood then in the store) or one law on a day
("SGB II@2026-06-30"). `compare` ends with 0 where no article or amount rests on a change, else with 1; anything that
cannot be read ends with 2. The store is `var/law.db` or what LOTSE_LAW_STORE names.
"""

from __future__ import annotations

import argparse
import difflib
import re
import sys
from datetime import date
from pathlib import Path

from rich.console import Console
from rich.table import Table

from knowledge import ROOT
from knowledge.errors import KnowledgeError
from knowledge.law.comparison import Citations, Touched, compare
from knowledge.law.files import read_laws
from knowledge.law.headings import write_headings
from knowledge.law.store import LawStore, Passage, store_path
from knowledge.law.text import LawText

_STATE = re.compile(r"(?:(?P<law>.+)@)?(?P<day>\d{4}-\d{2}-\d{2})")
_WIDTH_WITHOUT_TERMINAL = 160


def main() -> int:
    arguments = _parser().parse_args()
    terminal = sys.stdout.isatty()
    console = Console(width=None if terminal else _WIDTH_WITHOUT_TERMINAL, highlight=False)
    try:
        return int(arguments.run(arguments, console))
    except KnowledgeError as error:
        print(error, file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m knowledge.law", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--store", type=Path, default=store_path())
    commands = parser.add_subparsers(required=True)
    importing = commands.add_parser("import", help="Gesetze einlesen")
    importing.add_argument("paths", type=Path, nargs="+", metavar="PATH")
    importing.set_defaults(run=_import)
    searching = commands.add_parser("search", help="im Gesetz suchen")
    searching.add_argument("query")
    searching.add_argument("--law")
    searching.add_argument("--limit", type=int, default=10)
    searching.set_defaults(run=_search)
    showing = commands.add_parser("show", help="eine Fundstelle zeigen")
    showing.add_argument("citation")
    showing.set_defaults(run=_show)
    comparing = commands.add_parser("compare", help="zwei Stände vergleichen")
    comparing.add_argument("old")
    comparing.add_argument("new")
    comparing.add_argument("--only-cited", action="store_true", help="nur Änderungen, auf denen etwas beruht")
    comparing.add_argument("--wording", action="store_true", help="auch den geänderten Wortlaut zeigen")
    comparing.add_argument("--root", type=Path, default=ROOT)
    comparing.set_defaults(run=_compare)
    heading = commands.add_parser("headings", help="laws.yml neu schreiben")
    heading.add_argument("paths", type=Path, nargs="+", metavar="FOLDER")
    heading.add_argument("--target", type=Path, default=ROOT / "laws.yml")
    heading.set_defaults(run=_headings)
    for command in (importing, searching, showing, heading):
        command.add_argument("--as-of", type=date.fromisoformat, default=None, metavar="JJJJ-MM-TT")
    return parser


def _import(arguments: argparse.Namespace, console: Console) -> int:
    laws, problems = read_laws(arguments.paths, as_of=arguments.as_of)
    if laws:
        LawStore(arguments.store).add(laws)
    table = Table("Gesetz", "Stand", "Vorschriften", "Absätze", "Quelle", box=None)
    for law in laws:
        count = sum(len(provision.subsections) for provision in law.provisions)
        table.add_row(law.name, f"{law.as_of:%d.%m.%Y}", str(len(law.provisions)), str(count), law.source)
    console.print(table)
    console.print(f"{len(laws)} Gesetze in {arguments.store}")
    _complain(problems)
    return 2 if problems else 0


def _search(arguments: argparse.Namespace, console: Console) -> int:
    found = LawStore(arguments.store).search(
        arguments.query, law=arguments.law, limit=arguments.limit, as_of=arguments.as_of
    )
    if not found:
        console.print("Nichts gefunden.")
        return 1
    _print_passages(found, console)
    return 0


def _show(arguments: argparse.Namespace, console: Console) -> int:
    found = LawStore(arguments.store).passages(arguments.citation, as_of=arguments.as_of)
    if not found:
        console.print(f"„{arguments.citation}“ steht in keinem eingelesenen Gesetz.")
        return 1
    _print_passages(found, console)
    return 0


def _print_passages(passages: list[Passage], console: Console) -> None:
    for passage in passages:
        place = f"{passage.label}, Abs. {passage.subsection}" if passage.subsection else passage.label
        console.print(f"{place} – {passage.heading} (Stand {passage.as_of:%d.%m.%Y})", style="bold", markup=False)
        console.print(passage.text, markup=False)
        console.print(passage.url, style="dim", markup=False)
        console.print()


def _compare(arguments: argparse.Namespace, console: Console) -> int:
    old, new = (_state(text, arguments.store) for text in (arguments.old, arguments.new))
    citations = Citations.read(arguments.root)
    _complain(citations.problems)
    touched = [citations.touched_by(change) for change in compare(old, new)]
    concerned = [found for found in touched if found.exactly or found.as_a_whole]
    shown = concerned if arguments.only_cited else touched
    if shown:
        console.print(_table(shown))
    if arguments.wording:
        for found in shown:
            _print_wording(found, console)
    for name in sorted(old.keys() ^ new.keys()):
        console.print(f"{name}: nur im {'alten' if name in old else 'neuen'} Stand, nicht verglichen.")
    places = {place for found in concerned for place in (*found.exactly, *found.as_a_whole)}
    amounts = sum(place.startswith("Betrag ") for place in places)
    console.print(
        f"{len(touched)} Änderungen in {len(old.keys() & new.keys())} Gesetzen; "
        f"{len(places) - amounts} Artikel und {amounts} Beträge beruhen auf {len(concerned)} davon."
    )
    return 1 if concerned else 0


def _table(found: list[Touched]) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("Gesetz", "Stelle", "Änderung"):
        table.add_column(heading, no_wrap=True)
    table.add_column("Hinweis", max_width=30)
    table.add_column("nennt genau diese Stelle", overflow="fold")
    table.add_column("nennt den ganzen Paragrafen", overflow="fold")
    for item in found:
        change = item.change
        table.add_row(
            change.law, change.place, change.kind, change.note, ", ".join(item.exactly), ", ".join(item.as_a_whole)
        )
    return table


def _print_wording(found: Touched, console: Console) -> None:
    change = found.change
    console.print(f"\n{change.place} {change.law}: {change.kind}", style="bold", markup=False)
    for line in difflib.unified_diff(change.old.splitlines(), change.new.splitlines(), lineterm="", n=0):
        if not line.startswith(("---", "+++", "@@")):
            console.print(line, markup=False, style="red" if line.startswith("-") else "green")


def _state(text: str, store: Path) -> dict[str, LawText]:
    """What OLD or NEW means: laws in files, or laws in the store on a day."""
    path = Path(text)
    if path.exists():
        laws, problems = read_laws([path], as_of=date.max)  # the day of a file does not matter here
        if problems:
            raise KnowledgeError("\n".join(problems))
        return {law.name: law for law in laws}
    match = _STATE.fullmatch(text)
    if match is None:
        raise KnowledgeError(f"„{text}“ ist weder Datei noch Ordner, noch ein Tag (2026-06-30, SGB II@2026-06-30).")
    try:
        day = date.fromisoformat(match["day"])
    except ValueError as error:
        raise KnowledgeError(f"„{match['day']}“ ist kein Tag.") from error
    stored = LawStore(store)
    names = [match["law"]] if match["law"] else list(stored.states())
    found = {law.name: law for name in names if (law := stored.law(name, day))}
    if not found:
        raise KnowledgeError(f"Für „{text}“ ist kein Stand eingelesen.")
    return found


def _headings(arguments: argparse.Namespace, console: Console) -> int:
    laws, problems = read_laws(arguments.paths, as_of=arguments.as_of)
    if problems:
        raise KnowledgeError("\n".join(problems))
    console.print(f"{arguments.target.name}: {', '.join(write_headings(laws, arguments.target))}")
    return 0


def _complain(problems: list[str]) -> None:
    for problem in problems:
        print(problem, file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
