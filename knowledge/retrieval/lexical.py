"""Search by words: BM25 over weighted fields, and likeness to the questions that editors wrote.

bm25s, the library for BM25, knows neither fields nor query terms that count less than a whole word (a compound's part,
a corrected spelling, a synonym), and its scores have no upper end. Here every query word gives an article a credit
between 0 and 1, so a score says which share of the question's weight an article covers. Plain bm25s is the baseline
of the evaluation.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from knowledge.articles import Article
from knowledge.retrieval.german import Analyzer, Query, Unit, citation_terms

Scores = NDArray[np.float32]
Postings = dict[str, tuple[NDArray[np.int32], Scores]]

# BM25F: how much one occurrence in a field counts, and how strongly the field's length is evened out.
FIELD_WEIGHTS = {"title": 4.0, "questions": 2.5, "text": 1.0, "forms": 2.0}
LENGTH_NORMALISATION = {"title": 0.3, "questions": 0.5, "text": 0.6, "forms": 0.0}
SATURATION = 2.0
FIRST_CITATION, LATER_CITATION = 1.0, 0.7


@dataclass(frozen=True, slots=True)
class LexicalScores:
    """Per article, all between 0 and 1."""

    by_question: Scores
    by_article: Scores

    def best(self, count: int) -> NDArray[np.int64]:
        """The articles whose words fit best, in no order; fewer where fewer fit at all."""
        both = self.by_question + self.by_article
        best = np.argpartition(-both, count)[:count] if count < len(both) else np.arange(len(both))
        return best[both[best] > 0]


class LexicalIndex:
    """Words of all articles. Immutable after building."""

    def __init__(self, articles: Sequence[Article], analyzer: Analyzer) -> None:
        self._analyzer = analyzer
        self._document = cache(analyzer.document)  # a question is counted for its article and as a row of its own
        self._size = len(articles)
        fields = [_fields(article) for article in articles]
        counted = [{name: self._count(texts) for name, texts in of_article.items()} for of_article in fields]
        self._idf = self._rarities(counted)
        self._articles = self._article_postings(articles, counted)
        self._first_rows, self._row_weights, self._questions = self._question_postings(fields)
        self._document.cache_clear()

    def scores(self, query: Query) -> LexicalScores:
        importances = [self._importance(unit) for unit in query.units]
        weight = sum(importances)
        by_article = np.zeros(self._size, dtype=np.float32)
        by_row = np.zeros(len(self._row_weights), dtype=np.float32)
        if not weight:
            return LexicalScores(by_article, by_article.copy())
        for unit, importance in zip(query.units, importances, strict=True):
            by_article += importance * _credit(unit, self._articles, self._size)
            by_row += importance * _credit(unit, self._questions, len(self._row_weights))
        by_article /= weight
        by_row /= np.sqrt(self._row_weights * weight)
        # Every article has a title and so at least one row; the rows of one article lie together.
        by_question = np.maximum.reduceat(np.minimum(by_row, 1.0), self._first_rows)
        return LexicalScores(by_question, by_article)

    def _importance(self, unit: Unit) -> float:
        """How much a word says: rare words most, a word that no article has as much as the rarest."""
        known = [self._idf[term] for term, weight in unit.terms if term in self._idf and weight > 0.5]
        if not known:
            known = [self._idf[term] for term, _ in unit.terms if term in self._idf]
        return sum(known) / len(known) if known else 1.0

    def _count(self, texts: Iterable[str]) -> Counter[str]:
        counts: Counter[str] = Counter()
        for text in texts:
            for term, count in self._document(text).items():
                counts[term] += count  # type: ignore[assignment]
        return counts

    def _rarities(self, counted: Sequence[Mapping[str, Counter[str]]]) -> dict[str, float]:
        frequency: Counter[str] = Counter()
        for fields in counted:
            frequency.update({term for counts in fields.values() for term in counts})
        rarest = math.log(1 + (self._size - 0.5) / 1.5)
        return {
            term: math.log(1 + (self._size - count + 0.5) / (count + 0.5)) / rarest for term, count in frequency.items()
        }

    def _article_postings(self, articles: Sequence[Article], counted: Sequence[Mapping[str, Counter[str]]]) -> Postings:
        lengths = {name: [sum(fields[name].values()) for fields in counted] for name in FIELD_WEIGHTS}
        averages = {name: sum(values) / max(1, len(values)) or 1.0 for name, values in lengths.items()}
        entries: dict[str, dict[int, float]] = {}
        for number, fields in enumerate(counted):
            frequencies: Counter[str] = Counter()
            for name, counts in fields.items():
                evened = 1 - LENGTH_NORMALISATION[name] * (1 - lengths[name][number] / averages[name])
                for term, count in counts.items():
                    frequencies[term] += FIELD_WEIGHTS[name] * count / evened  # type: ignore[assignment]
            for term, frequency in frequencies.items():
                entries.setdefault(term, {})[number] = frequency / (SATURATION + frequency)
            for position, citation in enumerate(articles[number].citations):
                credit = FIRST_CITATION if position == 0 else LATER_CITATION
                for term in citation_terms(citation.label, citation.title):
                    entries.setdefault(term, {}).setdefault(number, credit)
        return _postings(entries)

    def _question_postings(
        self, fields: Sequence[Mapping[str, Sequence[str]]]
    ) -> tuple[NDArray[np.int64], Scores, Postings]:
        first_rows: list[int] = []
        weights: list[float] = []
        entries: dict[str, dict[int, float]] = {}
        for of_article in fields:
            first_rows.append(len(weights))
            for question in (*of_article["title"], *of_article["questions"]):
                row = len(weights)
                for term, count in self._document(question).items():
                    entries.setdefault(term, {})[row] = min(1.0, count)
                said = self._analyzer.stems(question)
                weights.append(sum(self._idf.get(stem, 1.0) for stem in said) or 1.0)
        return np.array(first_rows, dtype=np.int64), np.array(weights, dtype=np.float32), _postings(entries)


def _fields(article: Article) -> dict[str, list[str]]:
    return {
        "title": [article.title],
        "questions": list(article.questions),
        "text": [article.text, article.easy],
        "forms": [step.title for step in article.next_steps if step.kind == "form"],
    }


def _postings(entries: Mapping[str, Mapping[int, float]]) -> Postings:
    return {
        term: (np.fromiter(found.keys(), np.int32), np.fromiter(found.values(), np.float32))
        for term, found in entries.items()
    }


def _credit(unit: Unit, postings: Postings, size: int) -> Scores:
    credit = np.zeros(size, dtype=np.float32)
    for term, weight in unit.terms:
        if found := postings.get(term):
            credit[found[0]] += weight * found[1]
    return np.minimum(credit, 1.0)
