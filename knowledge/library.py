"""The library: everything that is true for one tenant on one day, and the search for the answer to a question.

    library = Library.load(Path("knowledge"), tenant="musterkreis", today=date.today(), encoder="knowledge/encoder")
    result = library.search("Zahlt das Amt meine Miete?")

A library never changes after it was loaded: any number of threads may search it, and an editor's change is a new
library put in its place. Loading again is cheap, since the encoder stays in memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from knowledge.articles import Article, ArticleRevision, Content, NextStep, load_content
from knowledge.laws import Citation
from knowledge.retrieval.calibration import Decision
from knowledge.retrieval.engine import SearchEngine
from knowledge.retrieval.translated import Confidence, rank
from knowledge.tenants import Tenant
from knowledge.translations import Translation

__all__ = ["Article", "Citation", "Decision", "Hit", "Library", "NextStep", "SearchResult", "Tenant"]


@dataclass(frozen=True, slots=True)
class Hit:
    """One found answer. `score` lies between 0 and 1 and orders the hits."""

    article: str
    title: str
    text: str
    spoken: str
    easy: str
    citations: tuple[Citation, ...]
    score: float
    next_steps: tuple[NextStep, ...]
    language: str = "de"  # of title and text; the rest is German


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What to do with a question: give the first hit, ask which hit is meant, or say that nothing was found.

    `confidence` is the calibrated probability that the first hit answers the question. `hits` is empty for "abstain".
    """

    decision: Decision
    confidence: float
    hits: tuple[Hit, ...]


class Library:
    """Articles in force for one tenant, and their search."""

    def __init__(self, content: Content, engine: SearchEngine) -> None:
        self._content = content
        self._engine = engine

    @classmethod
    def load(
        cls,
        root: Path,
        *,
        tenant: str,
        today: date,
        encoder: str | Path,
        revisions: Sequence[ArticleRevision] = (),
    ) -> Library:
        """Read and index the knowledge folder `root`, with editors' changes (`revisions`) over its files.

        Raises KnowledgeError (German) for an unknown tenant, an unreadable `laws.yml` or an encoder that is not there.
        """
        content = load_content(root, tenant=tenant, today=today, revisions=revisions)
        return cls(content, SearchEngine.build(root, content, encoder=encoder))

    def with_content(self, content: Content) -> Library:
        """The same search over changed texts, at once: what the index knows of other words comes with a full load.

        An article that is gone is not found any more; a new one is not found yet.
        """
        return Library(content, self._engine)

    @property
    def tenant(self) -> Tenant:
        return self._content.tenant

    @property
    def today(self) -> date:
        return self._content.today

    @property
    def content(self) -> Content:
        """What the library was made from, for the editors' check."""
        return self._content

    @property
    def articles(self) -> dict[str, Article]:
        return self._content.articles

    @property
    def withheld(self) -> dict[str, str]:
        """Articles that are not served, with the German reason."""
        return self._content.withheld

    @property
    def problems(self) -> dict[str, str]:
        """Files beside articles that could not be used, with the German reason."""
        return self._content.problems

    @property
    def engine(self) -> SearchEngine:
        """The search behind `search`, for evaluation and calibration."""
        return self._engine

    def article(self, id: str) -> Article | None:
        return self._content.articles.get(id)

    def translation(self, id: str, language: str) -> Translation | None:
        """An article in another language; None where it is not translated as it stands today."""
        return self._content.translations.get(language, {}).get(id)

    def search(
        self, query: str, *, limit: int = 5, previous: str | None = None, language: str = "de"
    ) -> SearchResult:
        """Find the answer to a citizen's question. Any text is allowed; nonsense is answered with "abstain".

        `previous` is the question or title the talk was about, for "und für meine Tochter?". `language`: the language
        the citizen reads; what is not found among its translations is looked for in German.
        """
        if translations := self._content.translations.get(language):
            found_there = self._search_translations(list(translations.values()), query, limit)
            if found_there.decision != "abstain":
                return found_there
        found = self._engine.search(query, limit=limit, previous=previous)
        if found.ranking and found.ranking[0][0] not in self._content.articles:
            return SearchResult("abstain", 0.0, ())  # withdrawn since the index was made
        hits = tuple(self._hit(id, score) for id, score in found.ranking if id in self._content.articles)
        return SearchResult(found.decision, found.confidence, hits)

    def _search_translations(self, translations: Sequence[Translation], query: str, limit: int) -> SearchResult:
        ranking = rank(translations, query)[:limit]
        sure = Confidence.load()
        confidence = sure.of(ranking)
        decision = sure.decide(confidence)
        hits = tuple(self._in_language(self._hit(id, score), translations[0].language) for id, score in ranking)
        return SearchResult(decision, round(confidence, 4), hits if decision != "abstain" else ())

    def _in_language(self, hit: Hit, language: str) -> Hit:
        translation = self.translation(hit.article, language)
        if translation is None:
            return hit
        return replace(
            hit, title=translation.title, text=translation.text, language=language,
            next_steps=self.steps_in(hit.next_steps, language),
        )  # fmt: skip

    def steps_in(self, steps: Sequence[NextStep], language: str) -> tuple[NextStep, ...]:
        """Next steps with the titles of translated articles in that language; the rest stays German."""
        return tuple(
            replace(step, title=translated.title)
            if step.kind == "article" and (translated := self.translation(step.id, language))
            else step
            for step in steps
        )

    def _hit(self, id: str, score: float) -> Hit:
        article = self._content.articles[id]
        return Hit(
            article=id,
            title=article.title,
            text=article.text,
            spoken=article.spoken,
            easy=article.easy,
            citations=article.citations,
            score=round(score, 4),
            next_steps=article.next_steps,
        )
