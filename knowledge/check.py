"""The editors' check: is every article, amount and tenant fit to be served?

    python -m knowledge.check [--today 2026-11-21] [--tenant musterkreis]

Prints a table of findings in German and ends with status 1 where there is an error ("Fehler"). A note ("Hinweis")
is something to look at that does not keep an article back.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from knowledge.amounts import load_amounts
from knowledge.articles import Article, ArticleSource, Content, load_content
from knowledge.errors import KnowledgeError
from knowledge.lists import read_lists
from knowledge.tenants import load_tenants

MOST_WORDS_SPOKEN = 40
MOST_WORDS_TEXT = 120
FEWEST_QUESTIONS = 6
AMOUNT_ENDS_SOON = timedelta(days=60)

_PLACEHOLDER = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_BARE_AMOUNT = re.compile(r"\d[\d.,]*\s*(?:€|Euro\b|Prozent\b|%)|€\s*\d")
_BARE_PERIOD = re.compile(r"\d[\d.,]*\s*(?:Tagen?|Wochen?|Monate?n?|Quadratmetern?|m²)\b")
_UNSPEAKABLE = re.compile(r"§|[()\[\]*]|\b(?:z\. ?B\.|bzw\.|d\. ?h\.|ggf\.|Abs\.|Nr\.|usw\.|u\. ?a\.)")


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    place: str
    level: Literal["Fehler", "Hinweis"]
    text: str


def check(root: Path, *, today: date, tenant: str | None = None) -> list[Finding]:
    """All findings for one tenant or for all, each named once."""
    findings: set[Finding] = set()
    try:
        tenants = [tenant] if tenant else list(load_tenants(root))
        for name in tenants:
            findings.update(_in_content(load_content(root, tenant=name, today=today)))
    except KnowledgeError as error:
        findings.add(Finding("Kommune", "Fehler", str(error)))
    findings.update(_in_amounts(root, today))
    findings.update(_in_phrasings(root))
    return sorted(findings)


def _in_content(content: Content) -> Iterator[Finding]:
    for id, reason in content.withheld.items():
        planned = "abgeschaltet" in reason or "gilt erst ab" in reason
        yield Finding(id, "Hinweis" if planned else "Fehler", reason)
    for source in content.sources.values():
        yield from _in_source(source, content)
    for article in content.articles.values():
        yield from _in_article(article)
    yield from _repeated_questions(content)


def _in_source(source: ArticleSource, content: Content) -> Iterator[Finding]:
    for kind, id in (step.target for step in source.next_steps):
        known = {
            "article": id in content.sources or id in content.withheld,
            "service": content.tenant.service(id) is not None,
            "form": content.tenant.form(id) is not None,
        }[kind]
        if not known:
            names = {"article": "den Artikel", "service": "die Leistung", "form": "das Formular"}
            yield Finding(source.id, "Fehler", f"Nächster Schritt: {names[kind]} „{id}“ gibt es nicht.")
        elif (kind, id) == ("article", source.id):
            yield Finding(source.id, "Fehler", "Nächster Schritt verweist auf den Artikel selbst.")
    for field, text in (
        ("Titel", source.title),
        ("Text", source.body),
        ("spoken", source.spoken),
        ("easy", source.easy),
    ):
        bare = _PLACEHOLDER.sub("", text)
        for match in _BARE_AMOUNT.finditer(bare):
            yield Finding(
                source.id, "Fehler", f"{field}: „{match[0]}“ steht als Zahl da statt als Verweis auf amounts."
            )
        for match in _BARE_PERIOD.finditer(bare):
            yield Finding(source.id, "Hinweis", f"{field}: Steht „{match[0]}“ im Gesetz? Dann als Verweis auf amounts.")
    if len(source.questions) < FEWEST_QUESTIONS:
        yield Finding(source.id, "Hinweis", f"Nur {len(source.questions)} Fragen; gut sind sechs bis zehn.")
    if not source.citations:
        yield Finding(source.id, "Hinweis", "Keine Fundstelle.")


def _in_article(article: Article) -> Iterator[Finding]:
    spoken, text = len(article.spoken.split()), len(article.text.split())
    if spoken > MOST_WORDS_SPOKEN:
        yield Finding(article.id, "Fehler", f"spoken hat {spoken} Wörter, erlaubt sind {MOST_WORDS_SPOKEN}.")
    if text > MOST_WORDS_TEXT:
        yield Finding(article.id, "Fehler", f"Der Text hat {text} Wörter, erlaubt sind {MOST_WORDS_TEXT}.")
    if unspeakable := _UNSPEAKABLE.search(article.spoken):
        yield Finding(article.id, "Fehler", f"spoken enthält „{unspeakable[0]}“; das lässt sich nicht vorlesen.")


def _repeated_questions(content: Content) -> Iterator[Finding]:
    first: dict[str, str] = {}
    for article in content.articles.values():
        for question in (article.title, *article.questions):
            key = " ".join(re.findall(r"\w+", question.lower()))
            other = first.setdefault(key, article.id)
            if other != article.id:
                yield Finding(article.id, "Fehler", f"Die Frage „{question}“ steht auch bei {other}.")


def _in_amounts(root: Path, today: date) -> Iterator[Finding]:
    groups, problems = load_amounts(root)
    for place, reason in problems.items():
        yield Finding(place, "Fehler", reason)
    for group, amounts in groups.items():
        for key, amount in amounts.items():
            last = max((value.last or date.max for value in amount.values), default=date.max)
            if last < today:
                yield Finding(
                    f"{group}.{key}", "Fehler", f"„{amount.title}“ hat seit {last:%d.%m.%Y} keinen Wert mehr."
                )
            elif last - today < AMOUNT_ENDS_SOON:
                yield Finding(f"{group}.{key}", "Hinweis", f"„{amount.title}“ hat nur bis {last:%d.%m.%Y} einen Wert.")


def _in_phrasings(root: Path) -> Iterator[Finding]:
    present = {path.stem for path in root.rglob("articles/**/*.md")}
    for id in read_lists(root / "phrasings"):
        if id not in present:
            yield Finding("phrasings", "Hinweis", f"Den Artikel „{id}“ gibt es nicht.")


def today_in_berlin() -> date:
    """The date that `LOTSE_TODAY` sets for the whole system, else today's."""
    fixed = os.environ.get("LOTSE_TODAY")
    return date.fromisoformat(fixed) if fixed else datetime.now(ZoneInfo("Europe/Berlin")).date()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--today", type=date.fromisoformat, default=None)
    parser.add_argument("--tenant", default=None)
    parser.add_argument("--root", type=Path, default=Path(__file__).parent)
    arguments = parser.parse_args()
    today = arguments.today or today_in_berlin()
    findings = check(arguments.root, today=today, tenant=arguments.tenant)
    width = max((len(finding.place) for finding in findings), default=0)
    for finding in findings:
        print(f"{finding.level:7}  {finding.place:{width}}  {finding.text}")
    errors = sum(finding.level == "Fehler" for finding in findings)
    print(f"{errors} Fehler, {len(findings) - errors} Hinweise (Stand {today:%d.%m.%Y})")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
