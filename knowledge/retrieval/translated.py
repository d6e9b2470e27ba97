"""Search among translated articles: a question in another language against the questions its speakers ask.

The encoder and the German analysis know German only; some sixty articles a language are found well enough by the
likeness of words and of pieces of words (TF-IDF, scikit-learn). Measured per language in benchmarks/retrieval.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_union

from knowledge.retrieval.calibration import Decision
from knowledge.translations import Translation

THRESHOLDS = Path(__file__).with_name("translated.json")
LONGEST_QUERY = 1000  # characters
# Against the nearest question: all questions of the article taken together, and the answer's own words. On the
# development questions hit@1 was 0.81 with pairs of words and without the questions together, 0.92 as it is.
TOGETHER_WEIGHT, TEXT_WEIGHT = 1.0, 0.35
_Rows = tuple[tuple[str, tuple[str, ...], str], ...]


@dataclass(frozen=True, slots=True)
class Confidence:
    """How sure a first hit is: logistic in its score and its lead over the second one. Fitted by `evaluation`."""

    score: float
    lead: float
    bias: float
    answer: float
    clarify: float

    @classmethod
    def load(cls) -> Confidence:
        return cls(**json.loads(THRESHOLDS.read_text(encoding="utf-8")))

    def of(self, ranking: Sequence[tuple[str, float]]) -> float:
        """Between 0 and 1 that the first hit of a ranking answers the question."""
        if not ranking:
            return 0.0
        first, second = ranking[0][1], ranking[1][1] if len(ranking) > 1 else 0.0
        return 1 / (1 + math.exp(-(self.score * first + self.lead * (first - second) + self.bias)))

    def decide(self, confidence: float) -> Decision:
        return "answer" if confidence >= self.answer else "clarify" if confidence >= self.clarify else "abstain"


class _Index:
    def __init__(self, rows: _Rows) -> None:
        self._ids = [id for id, _, _ in rows]
        asked = [text for _, texts, _ in rows for text in texts]
        answers = [text for _, _, text in rows]
        self._starts = np.cumsum([0, *(len(texts) for _, texts, _ in rows)])[:-1]
        words = TfidfVectorizer(token_pattern=r"\w+", sublinear_tf=True)  # noqa: S106
        letters = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True)
        self._features = make_union(words, letters).fit([*asked, *answers])
        self._asked = self._features.transform(asked)
        self._together = self._features.transform([" ".join(texts) for _, texts, _ in rows])
        self._answers = self._features.transform(answers)

    def rank(self, query: str) -> list[tuple[str, float]]:
        """All articles, best first, with scores between 0 and 1."""
        vector = self._features.transform([query[:LONGEST_QUERY]])
        # a union of two unit vectors has length sqrt(2)
        alike = [(rows @ vector.T).toarray()[:, 0] / 2 for rows in (self._asked, self._together, self._answers)]
        nearest = np.maximum.reduceat(alike[0], self._starts)
        scores = (nearest + TOGETHER_WEIGHT * alike[1] + TEXT_WEIGHT * alike[2]) / (1 + TOGETHER_WEIGHT + TEXT_WEIGHT)
        return [(self._ids[place], float(scores[place])) for place in np.argsort(-scores, kind="stable")]


@lru_cache(maxsize=16)  # some tenants in some languages; an editor's change makes a new one
def _index(rows: _Rows) -> _Index:
    return _Index(rows)


def rank(translations: Sequence[Translation], query: str) -> list[tuple[str, float]]:
    """The translated articles for a question, best first, with scores between 0 and 1. Made at the first question."""
    if not translations:
        return []
    return _index(tuple((one.id, (one.title, *one.questions), one.text) for one in translations)).rank(query)
