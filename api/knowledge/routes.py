"""Knowledge over HTTP: what the dialogue, the console and other programs ask."""

from typing import Annotated

from fastapi import APIRouter, Query, Request

from api.dependencies import TenantDependency, library_of
from api.knowledge.schemas import ArticleOut, HitOut, NextStepOut, SearchOut
from api.problems import Problem
from api.text import Cleaned

Language = Annotated[str, Query(pattern="^[a-z]{2}(-[a-z-]+)?$", max_length=12)]

router = APIRouter(prefix="/knowledge", tags=["Wissen"])


@router.get("/search")
def search(
    request: Request,
    tenant: TenantDependency,
    q: Annotated[str, Cleaned, Query(max_length=4000)],
    limit: Annotated[int, Query(ge=1, le=20)] = 5,
    previous: Annotated[str | None, Query(max_length=4000)] = None,
    language: Language = "de",
) -> SearchOut:
    """The articles that answer a question, and whether they are sure enough to be said.

    `previous` is the question or title the talk was about, for "und für meine Tochter?". What is not found in another
    `language` is looked for in German.
    """
    result = library_of(request, tenant.id).search(q, limit=limit, previous=previous, language=language)
    return SearchOut(
        decision=result.decision, confidence=result.confidence, hits=[HitOut.of(hit) for hit in result.hits]
    )


@router.get("/articles/{article_id}")
def article(request: Request, tenant: TenantDependency, article_id: str, language: Language = "de") -> ArticleOut:
    """One article as it holds today, in German where it is not translated; a withheld one says why."""
    library = library_of(request, tenant.id)
    found = library.article(article_id)
    if found is None:
        reason = library.withheld.get(article_id)
        raise Problem(404, "unknown-article", reason or "Diesen Artikel gibt es nicht.")
    translation = library.translation(article_id, language)
    shown = ArticleOut.of(found, translation)
    shown.next_steps = [NextStepOut.of(step) for step in library.steps_in(found.next_steps, language)]
    return shown
