"""The editors' check as a command.

    python -m knowledge.check [--today 2026-11-21] [--tenant musterkreis] [--only Fundstelle] [--format json]

Prints a table of findings in German and ends with status 1 where there is an error ("Fehler"). A note ("Hinweis")
is something to look at that does not keep an article back. Citations are checked by the imported law (`make law`)
where there is one.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from collections import Counter
from datetime import date
from pathlib import Path
from typing import get_args

from rich.console import Console
from rich.table import Table

from knowledge import ROOT
from knowledge.check import Finding, check, today_in_berlin
from knowledge.check.findings import Kind, Level
from knowledge.check.sources import Sources
from knowledge.errors import KnowledgeError
from knowledge.law import LawStore, store_path


def main() -> int:
    arguments = _parser().parse_args()
    today = arguments.today or today_in_berlin()
    law = LawStore(arguments.law_store)
    findings = check(arguments.root, today=today, tenant=arguments.tenant, law=law)
    if arguments.only:
        wanted = {name.casefold() for name in arguments.only}
        findings = [finding for finding in findings if finding.kind.casefold() in wanted]
    errors = sum(finding.level == "Fehler" for finding in findings)
    if arguments.format == "json":
        found = [dataclasses.asdict(finding) for finding in findings]
        print(json.dumps({"today": today.isoformat(), "errors": errors, "findings": found}, ensure_ascii=False))
    else:
        _print_table(findings)
        print(_citations_checked_by(arguments.root, law, today))
        print(f"{errors} Fehler, {len(findings) - errors} Hinweise (Stand {today:%d.%m.%Y})")
    return 1 if errors else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m knowledge.check", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--today", type=date.fromisoformat, default=None)
    parser.add_argument("--tenant", default=None)
    parser.add_argument("--root", type=Path, default=ROOT)
    parser.add_argument("--law-store", type=Path, default=store_path())
    kinds = get_args(Kind)
    parser.add_argument(
        "--only", action="append", metavar="KIND", type=_kind, help=f"nur diese Art: {', '.join(kinds)}"
    )
    parser.add_argument("--format", choices=("table", "json"), default="table")
    return parser


def _kind(text: str) -> str:
    if text.casefold() not in {kind.casefold() for kind in get_args(Kind)}:
        raise argparse.ArgumentTypeError(f"„{text}“ ist keine Art von Fund")
    return text


def _print_table(findings: list[Finding]) -> None:
    # Into a file or a pipe every finding goes on one line, so that it can be searched.
    width = None if sys.stdout.isatty() else 400
    console = Console(width=width, highlight=False)
    for level in get_args(Level):
        found = [finding for finding in findings if finding.level == level]
        if not found:
            continue
        table = Table("", "Art", "Stelle", "Fund", box=None, pad_edge=False, show_edge=False)
        for column in table.columns[:3]:
            column.no_wrap = True
        for finding in found:
            table.add_row(*map(_escaped, (finding.level, finding.kind, finding.place, finding.text)))
        console.print(table)
        counts = Counter(finding.kind for finding in found)
        print(f"{level}: {', '.join(f'{kind} {count}' for kind, count in counts.most_common())}\n")


def _escaped(text: str) -> str:
    return text.replace("[", r"\[")


def _citations_checked_by(root: Path, law: LawStore, today: date) -> str:
    try:
        return Sources.load(root, law, today).described
    except KnowledgeError as error:
        return str(error)


if __name__ == "__main__":
    sys.exit(main())
