"""The editors' check: is every article, amount and tenant fit to be served?"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from knowledge.amounts import load_amounts
from knowledge.articles import Article, ArticleSource, Content, load_content
from knowledge.check.findings import Finding, Kind
from knowledge.check.sameness import leaked_questions, repeated_questions, similar_articles
from knowledge.check.sources import Sources
from knowledge.check.tenant import in_tenant
from knowledge.check.wording import in_article, in_source
from knowledge.errors import KnowledgeError
from knowledge.law import LawStore
from knowledge.laws import references_in
from knowledge.lists import read_lists
from knowledge.tenants import load_tenants

__all__ = ["Finding", "check", "check_content", "today_in_berlin"]

ENDS_SOON = timedelta(days=60)
_STEP_NAMES = {"article": "den Artikel", "service": "die Leistung", "form": "das Formular"}


def check(root: Path, *, today: date, tenant: str | None = None, law: LawStore | None = None) -> list[Finding]:
    """All findings for one tenant or for all, each named once. `law` checks citations by the imported wording too."""
    findings: set[Finding] = set()
    articles: dict[str, Article] = {}
    try:
        sources = Sources.load(root, law, today)
        contents = [
            load_content(root, tenant=name, today=today) for name in ([tenant] if tenant else list(load_tenants(root)))
        ]
        for content in contents:
            findings.update(_in_content(content))
            findings.update(_in_citations(content, sources))
            findings.update(in_tenant(content))
            articles.update(content.articles)
        findings = set(_dead_in_some(findings, contents))
        findings.update(_in_amounts(root, today, sources))
        phrasings = read_lists(root / "phrasings")
    except KnowledgeError as error:
        findings.add(Finding("Kommune", "Fehler", str(error), "Aufbau"))
        return sorted(findings)
    findings.update(_in_phrasings(root, phrasings))
    findings.update(similar_articles(articles, phrasings))
    learned_from = {id: (article.title, *article.questions) for id, article in articles.items()}
    findings.update(leaked_questions(root, learned_from))
    findings.update(leaked_questions(root, {f"phrasings: {id}": texts for id, texts in phrasings.items()}))
    return sorted(findings)


def check_content(content: Content) -> list[Finding]:
    """The findings in one tenant's articles, however they were loaded: an editor's draft is checked by it too."""
    return sorted(set(_in_content(content)))


def _in_content(content: Content) -> Iterator[Finding]:
    for id, reason in content.withheld.items():
        planned = "abgeschaltet" in reason or "gilt erst ab" in reason
        yield Finding(id, "Hinweis" if planned else "Fehler", reason, _kind_of_reason(reason))
    for source in content.sources.values():
        yield from in_source(source)
        yield from _in_next_steps(source, content)
        if source.valid_to and content.today <= source.valid_to < content.today + ENDS_SOON:
            yield Finding(source.id, "Hinweis", f"Der Artikel gilt nur bis {source.valid_to:%d.%m.%Y}.", "Geltung")
    for article in content.articles.values():
        yield from in_article(article)
    yield from repeated_questions(content.articles.values())


def _kind_of_reason(reason: str) -> Kind:
    if "Fundstelle" in reason:
        return "Fundstelle"
    if "Platzhalter" in reason or "Wert" in reason:
        return "Betrag"
    return "Geltung" if reason.startswith("Der Artikel g") or "abgeschaltet" in reason else "Aufbau"


def _in_next_steps(source: ArticleSource, content: Content) -> Iterator[Finding]:
    for kind, id in (step.target for step in source.next_steps):
        known = {
            "article": id in content.sources or id in content.withheld,
            "service": content.tenant.service(id) is not None,
            "form": content.tenant.form(id) is not None,
        }[kind]
        if not known:
            yield Finding(
                source.id, "Fehler", f"Nächster Schritt: {_STEP_NAMES[kind]} „{id}“ gibt es nicht.", "Verweis"
            )
        elif (kind, id) == ("article", source.id):
            yield Finding(source.id, "Fehler", "Nächster Schritt verweist auf den Artikel selbst.", "Verweis")


def _dead_in_some(findings: Iterable[Finding], contents: Sequence[Content]) -> Iterator[Finding]:
    """A next step that some municipalities have and others lack is only left out there, so it is no error."""
    dead = {content.tenant.id: set(_all_next_steps(content)) for content in contents}
    for finding in findings:
        lacking = [name for name, found in dead.items() if finding in found]
        serving = [content for content in contents if finding.place in content.sources]
        if lacking and len(lacking) < len(serving):
            text = finding.text.removesuffix("gibt es nicht.") + f"gibt es nicht bei {', '.join(lacking)}."
            yield replace(finding, level="Hinweis", text=text)
        else:
            yield finding


def _all_next_steps(content: Content) -> Iterator[Finding]:
    for source in content.sources.values():
        yield from _in_next_steps(source, content)


def _in_citations(content: Content, sources: Sources) -> Iterator[Finding]:
    for source in content.sources.values():
        for sentence in sources.wrong(source.citations):
            if sentence not in content.withheld.get(source.id, ""):
                yield Finding(source.id, "Fehler", sentence, "Fundstelle")


def _in_amounts(root: Path, today: date, sources: Sources) -> Iterator[Finding]:
    groups, problems = load_amounts(root)
    for place, reason in problems.items():
        yield Finding(place, "Fehler", reason, "Betrag")
    for group, amounts in groups.items():
        for key, amount in amounts.items():
            place = f"{group}.{key}"
            last = max((value.last or date.max for value in amount.values), default=date.max)
            if last < today:
                sentence = f"„{amount.title}“ hat seit {last:%d.%m.%Y} keinen Wert mehr."
                yield Finding(place, "Fehler", sentence, "Betrag")
            elif last - today < ENDS_SOON:
                yield Finding(place, "Hinweis", f"„{amount.title}“ hat nur bis {last:%d.%m.%Y} einen Wert.", "Betrag")
            for sentence in sources.wrong(references_in(amount.source)):
                yield Finding(place, "Fehler", sentence, "Fundstelle")


def _in_phrasings(root: Path, phrasings: dict[str, list[str]]) -> Iterator[Finding]:
    present = {path.stem for path in root.rglob("articles/**/*.md")}
    for id in phrasings:
        if id not in present:
            yield Finding("phrasings", "Hinweis", f"Den Artikel „{id}“ gibt es nicht.", "Verweis")


def today_in_berlin() -> date:
    """The date that `LOTSE_TODAY` sets for the whole system, else today's."""
    fixed = os.environ.get("LOTSE_TODAY")
    return date.fromisoformat(fixed) if fixed else datetime.now(ZoneInfo("Europe/Berlin")).date()
