"""A draft before it is published: filled in, checked, and tried with questions in a library that serves nobody."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from api.knowledge.editor_schemas import FindingOut, PreviewOut, TrialHit, TrialOut
from api.libraries import Libraries
from knowledge.articles import BASE, Article, ArticleRevision, Content
from knowledge.check import Finding, check_content
from knowledge.library import Library

FEWEST_TRIALS = 3
MOST_TRIALS = 12
HITS = 3


def findings(libraries: Libraries, tenant: str, revision: ArticleRevision) -> list[Finding]:
    """What the check says of the draft: of the article itself, and errors it causes elsewhere.

    A draft for all tenants is checked with each of them: a placeholder may be filled for one and not for another.
    """
    if revision.layer != BASE:
        return _new_findings(libraries, tenant, revision)
    told = {name: _new_findings(libraries, name, revision) for name in libraries.tenants}
    everywhere = set.intersection(*map(set, told.values()))
    return sorted(
        everywhere
        | {
            replace(finding, text=f"{libraries.tenants[name].name}: {finding.text}")
            for name, found in told.items()
            for finding in set(found) - everywhere
        }
    )


def _new_findings(libraries: Libraries, tenant: str, revision: ArticleRevision) -> list[Finding]:
    known = set(_errors(check_content(libraries.content(tenant))))
    return sorted(
        finding
        for finding in check_content(libraries.content(tenant, revision))
        if finding.place == revision.id or (finding.level == "Fehler" and finding not in known)
    )


def errors(found: Iterable[Finding]) -> list[Finding]:
    """The findings that keep an article from being published."""
    return list(_errors(found))


def preview(
    libraries: Libraries, tenant: str, revision: ArticleRevision, questions: Sequence[str], *, with_trials: bool
) -> PreviewOut:
    """How the draft would look, what the check says, and how questions would be answered."""
    content = libraries.content(tenant, revision)
    article = content.articles.get(revision.id)
    trials: list[TrialOut] = []
    if with_trials and article is not None:
        wanted = list(dict.fromkeys([*questions, *([] if questions else [article.title, *article.questions])]))
        if len(wanted) < FEWEST_TRIALS:
            wanted = list(dict.fromkeys([*wanted, article.title, *article.questions]))
        library = libraries.trial(tenant, revision)
        trials = [ask(library, question, revision.id) for question in wanted[:MOST_TRIALS]]
    return PreviewOut(
        article=revision.id,
        title=_title(content, article, revision.id),
        text=article.text if article else None,
        spoken=article.spoken if article else None,
        easy=article.easy if article else None,
        citations=[
            {"label": citation.label, "title": citation.title, "url": citation.url}
            for citation in (article.citations if article else ())
        ],
        findings=[finding_out(finding) for finding in findings(libraries, tenant, revision)],
        trials=trials,
    )


def run_test_questions(
    libraries: Libraries, tenant: str, revision: ArticleRevision, questions: Sequence[tuple[str, str]]
) -> list[TrialOut]:
    """The test questions (question, expected article) with the draft published.

    All of the article's own are told; of the others only those that the draft would spoil.
    """
    if not questions:
        return []
    present, library = libraries.get(tenant), libraries.trial(tenant, revision)
    told = []
    for question, expected in questions:
        outcome = ask(library, question, expected)
        if expected == revision.id or (not outcome.found and ask(present, question, expected).found):
            told.append(outcome)
    return told


def ask(library: Library, question: str, expected: str) -> TrialOut:
    """One question to a library. Three choices are offered to a citizen, so the expected one must be among them."""
    result = library.search(question, limit=HITS)
    ids = [hit.article for hit in result.hits]
    found = {"answer": ids[:1] == [expected], "clarify": expected in ids[:HITS], "abstain": False}[result.decision]
    return TrialOut(
        question=question,
        expected=expected,
        decision=result.decision,
        confidence=result.confidence,
        hits=[TrialHit(article=hit.article, title=hit.title, score=hit.score) for hit in result.hits],
        found=found,
    )


def finding_out(finding: Finding) -> FindingOut:
    """A finding of the check as the interface shows it."""
    return FindingOut(level="error" if finding.level == "Fehler" else "note", place=finding.place, text=finding.text)


def _errors(found: Iterable[Finding]) -> Iterable[Finding]:
    return (finding for finding in found if finding.level == "Fehler")


def _title(content: Content, article: Article | None, article_id: str) -> str:
    if article is not None:
        return article.title
    source = content.sources.get(article_id)
    return source.title if source else article_id
