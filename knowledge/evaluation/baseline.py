"""The baseline: plain BM25 as its library gives it: stems, no compounds, no synonyms, no spelling, no fields."""

from __future__ import annotations

from collections.abc import Sequence

import bm25s
import numpy as np
import snowballstemmer

from knowledge.articles import Article


class PlainBM25:
    """bm25s over title, questions and text of each article as one document."""

    def __init__(self, articles: Sequence[Article]) -> None:
        self._ids = [article.id for article in articles]
        self._index = bm25s.BM25()
        texts = [" ".join((article.title, *article.questions, article.text)) for article in articles]
        self._index.index(self._tokens(texts), show_progress=False)

    def ranking(self, question: str) -> tuple[str, ...]:
        tokens = self._tokens([question])[0]
        if not tokens:
            return ()
        scores = self._index.get_scores(tokens)
        return tuple(self._ids[n] for n in np.argsort(-scores, kind="stable") if scores[n] > 0)

    @staticmethod
    def _tokens(texts: list[str]) -> list[list[str]]:
        stemmer = snowballstemmer.stemmer("german")
        tokens: list[list[str]] = bm25s.tokenize(
            texts, stopwords="de", stemmer=stemmer.stemWords, return_ids=False, show_progress=False
        )
        return tokens
