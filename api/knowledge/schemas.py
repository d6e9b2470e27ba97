"""Answers of the knowledge calls."""

from datetime import date
from typing import Literal, Self

from pydantic import BaseModel

from knowledge.articles import StepKind
from knowledge.laws import Citation
from knowledge.library import Article, Hit, NextStep
from knowledge.translations import Translation


class CitationOut(BaseModel):
    """A source; a law's `label` is exactly `§ 32 SGB II`."""

    label: str
    title: str
    url: str
    as_of: date

    @classmethod
    def of(cls, citation: Citation) -> Self:
        """From the knowledge's own type."""
        return cls(label=citation.label, title=citation.title, url=citation.url, as_of=citation.as_of)


class NextStepOut(BaseModel):
    """What a citizen can do next; only forms and films have an address."""

    kind: StepKind
    id: str
    title: str
    url: str | None = None

    @classmethod
    def of(cls, step: NextStep) -> Self:
        """From the knowledge's own type."""
        return cls(kind=step.kind, id=step.id, title=step.title, url=step.url)


class HitOut(BaseModel):
    """One found article. `score` lies between 0 and 1; `language` is that of `title` and `text`."""

    article: str
    title: str
    text: str
    spoken: str
    easy: str
    citations: list[CitationOut]
    next_steps: list[NextStepOut]
    score: float
    language: str

    @classmethod
    def of(cls, hit: Hit) -> Self:
        """From the knowledge's own type."""
        return cls(
            article=hit.article,
            title=hit.title,
            text=hit.text,
            spoken=hit.spoken,
            easy=hit.easy,
            citations=[CitationOut.of(citation) for citation in hit.citations],
            next_steps=[NextStepOut.of(step) for step in hit.next_steps],
            score=hit.score,
            language=hit.language,
        )


class SearchOut(BaseModel):
    """`confidence`: calibrated probability that the first hit answers the question."""

    decision: Literal["answer", "clarify", "abstain"]
    confidence: float
    hits: list[HitOut]


class ArticleOut(BaseModel):
    """One article as it holds today; `language` is that of `title` and `text`."""

    article: str
    title: str
    topic: str
    text: str
    spoken: str
    easy: str
    citations: list[CitationOut]
    next_steps: list[NextStepOut]
    valid_from: date
    valid_to: date | None
    reviewed_on: date
    reviewed_by: str
    language: str

    @classmethod
    def of(cls, article: Article, translation: Translation | None = None) -> Self:
        """From the knowledge's own type, in another language where there is a translation."""
        return cls(
            article=article.id,
            language=translation.language if translation else "de",
            title=translation.title if translation else article.title,
            topic=article.topic,
            text=translation.text if translation else article.text,
            spoken=article.spoken,
            easy=article.easy,
            citations=[CitationOut.of(citation) for citation in article.citations],
            next_steps=[NextStepOut.of(step) for step in article.next_steps],
            valid_from=article.valid_from,
            valid_to=article.valid_to,
            reviewed_on=article.reviewed_on,
            reviewed_by=article.reviewed_by,
        )
