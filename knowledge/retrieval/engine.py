"""Hybrid search over one tenant's articles: words and meaning fused to one bounded score, and what to do with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from knowledge.articles import Article, Content
from knowledge.errors import KnowledgeError
from knowledge.lists import read_lists
from knowledge.retrieval.calibration import FEATURES, Calibration, Decision
from knowledge.retrieval.dense import DenseIndex, Encoder
from knowledge.retrieval.german import LONGEST_QUERY, Analyzer, citation_terms, is_german
from knowledge.retrieval.lexical import FIRST_CITATION, LexicalIndex

BY_PARAGRAPH = 0.7  # for a bare paragraph, citing it counts more than resembling its heading
CHOICES = 3  # how many hits a citizen is asked to choose from


@dataclass(frozen=True, slots=True)
class Found:
    """A decision with the hits it rests on, best first; no hits for "abstain"."""

    decision: Decision
    confidence: float
    ranking: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Ranking:
    """All articles for one query. `signals` are the fused signals per article, `features` what confidence rests on."""

    order: NDArray[np.int64]
    scores: NDArray[np.float64]
    signals: NDArray[np.float64]
    features: NDArray[np.float64]
    words: int
    by_paragraph: tuple[Decision, float] | None = None


class SearchEngine:
    """The search of one library. Immutable after `build`, so any number of threads may use it."""

    def __init__(
        self,
        ids: Sequence[str],
        headings: Mapping[str, str],
        analyzer: Analyzer,
        lexical: LexicalIndex,
        dense: DenseIndex,
        calibration: Calibration,
    ) -> None:
        self._ids = ids
        self._analyzer = analyzer
        self._lexical = lexical
        self._dense = dense
        self._calibration = calibration
        self._headings = headings

    @classmethod
    def build(
        cls, root: Path, content: Content, *, encoder: str | Path, calibration: Calibration | None = None
    ) -> SearchEngine:
        """Index all articles of `content`; `root` holds synonyms and further phrasings."""
        synonyms = read_lists(root / "synonyms.yml")
        articles = with_phrasings(list(content.articles.values()), read_lists(root / "phrasings"))
        if not articles:
            raise KnowledgeError("Kein einziger Artikel ist heute gültig; es gibt nichts zu durchsuchen.")
        everything = [*articles, *_elsewhere(read_lists(root / "elsewhere.yml"), content.today)]
        analyzer = Analyzer(synonyms)
        analyzer.learn(text for a in everything for text in (a.title, *a.questions, a.text, a.easy))
        return cls(
            [article.id for article in articles],
            {
                term: citation.title.rpartition(" (")[0] or citation.title
                for article in articles
                for citation in article.citations
                for term in citation_terms(citation.label)
            },
            analyzer,
            LexicalIndex(everything, analyzer),
            DenseIndex(everything, Encoder.load(encoder)),
            calibration or Calibration.load(Path(encoder)),
        )

    def calibrated(self, calibration: Calibration) -> SearchEngine:
        """The same indexes with other weights and thresholds."""
        return SearchEngine(self._ids, self._headings, self._analyzer, self._lexical, self._dense, calibration)

    def search(self, text: str, *, limit: int) -> Found:
        """The decision on a citizen's text. Nothing in it can raise."""
        ranking = self.rank(text)
        if ranking is None:
            return Found("abstain", 0.0, ())
        decision, confidence = ranking.by_paragraph or self._calibration.decide(ranking.features, words=ranking.words)
        if decision == "abstain":
            return Found(decision, confidence, ())
        best = ranking.order[: max(1, limit)]
        return Found(decision, confidence, tuple((self._ids[n], float(ranking.scores[n])) for n in best))

    def ids(self, ranking: Ranking) -> list[str]:
        return [self._ids[n] for n in ranking.order]

    def rank(self, text: str) -> Ranking | None:
        """All articles, best first; None for a text without any German word, or with far too many."""
        if len(text) > LONGEST_QUERY:
            return None
        text = text.encode("utf-8", "ignore").decode()  # halves of broken characters, which a tokenizer refuses
        query = self._analyzer.query(text)
        if not query.units:
            return None
        lexical = self._lexical.scores(query)
        if not lexical.by_article.any() and not any(is_german(unit.surface) for unit in query.units):
            return None  # gibberish: to the encoder it would still resemble something
        # A paragraph's number means nothing to the encoder; its heading does.
        headings = " ".join(self._headings.get(paragraph, "") for paragraph in query.paragraphs)
        spellings = [f"{query.corrected} {headings}".strip()]
        if not query.paragraphs and query.corrected != text:
            spellings.append(text)
        dense = self._dense.scores(spellings)
        everything = np.stack([lexical.by_question, lexical.by_article, dense.by_question, dense.by_text], axis=1)
        signals = everything[: len(self._ids)].astype(np.float64)
        elsewhere = everything[len(self._ids) :].max(axis=0, initial=0.0)
        scores = signals @ self._calibration.fusion
        by_paragraph = None
        if len(query.paragraphs) == len(query.units):
            scores = BY_PARAGRAPH * signals[:, 1] + (1 - BY_PARAGRAPH) * scores
            by_paragraph = _paragraph_decision(signals[:, 1])
        order = np.argsort(-scores, kind="stable")
        first = signals[order[0]]
        features = {
            "score": scores[order[0]],
            "margin": scores[order[0]] - (scores[order[1]] if len(order) > 1 else 0.0),
            "question_words": first[0],
            "article_words": first[1],
            "question_meaning": first[2],
            "text_meaning": first[3],
            "elsewhere_words": elsewhere[0],
            "elsewhere_coverage": elsewhere[1],
            "elsewhere_meaning": elsewhere[2],
            "elsewhere_margin": max(0.0, elsewhere[2] - first[2]),
            "length": min(1.0, len(query.units) / 20),
        }
        return Ranking(
            order,
            scores,
            signals,
            np.array([float(features[name]) for name in FEATURES]),
            len(query.units),
            by_paragraph,
        )


def _paragraph_decision(credits: NDArray[np.float64]) -> tuple[Decision, float]:
    """A bare paragraph is answered by the one article that rests on it first of all; of several, one is chosen."""
    leading, citing = int(np.sum(credits >= FIRST_CITATION)), int(np.sum(credits > 0))
    if not citing:
        return "abstain", 0.0
    return ("answer", 0.9) if leading == 1 else ("clarify", round(1 / citing, 3))


def _elsewhere(questions: dict[str, list[str]], today: date) -> list[Article]:
    """What other offices answer, in the form of articles without an answer."""
    return [
        Article(
            id=name,
            title=texts[0],
            topic="",
            facet="what",
            questions=tuple(texts[1:]),
            text="",
            spoken="",
            easy="",
            citations=(),
            next_steps=(),
            valid_from=today,
            valid_to=None,
            reviewed_on=today,
            reviewed_by="",
        )
        for name, texts in questions.items()
        if texts
    ]


def with_phrasings(articles: Sequence[Article], phrasings: dict[str, list[str]]) -> list[Article]:
    """The articles with further ways to ask for them added to their questions."""
    return [replace(article, questions=(*article.questions, *phrasings.get(article.id, ()))) for article in articles]
