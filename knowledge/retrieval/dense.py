"""Search by meaning: sentence-transformers vectors of every question, title and text in a FAISS index."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from knowledge.articles import Article
from knowledge.errors import KnowledgeError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Vectors = NDArray[np.float32]

# Up to here every passage is compared; beyond, FAISS's graph (HNSW) finds the nearest ones, and the rest count as
# unlike. Measured on one core with 256 dimensions: at 50,000 passages 95 % of searches within 7.2 ms instead of 8.7, at
# 100,000 within 8.9 instead of 14.9, but built in 23.8 s instead of 9.2 (benchmarks/README.md).
HNSW_FROM = 50_000
NEAREST = 200
LINKS, BREADTH_OF_BUILDING, BREADTH_OF_SEARCH = 32, 80, 400

_loading = threading.Lock()
_encoders: dict[str, Encoder] = {}


class Encoder:
    """A sentence-transformers model, and the vectors of the passages it has seen, so that loading again is cheap."""

    def __init__(self, model: SentenceTransformer) -> None:
        self._model = model
        self._seen: dict[str, Vectors] = {}

    @classmethod
    def load(cls, path: str | Path) -> Encoder:
        """The model in a folder; stays in memory for the life of the process. Never asks a hub."""
        name = str(path)
        if not Path(name).is_dir():
            raise KnowledgeError(f"{name}: kein Encoder gefunden (Ordner eines sentence-transformers-Modells).")
        with _loading:
            if name not in _encoders:
                os.environ["HF_HUB_OFFLINE"] = "1"
                # Imported here: it costs seconds, and whoever only reads articles need not pay them.
                import torch  # noqa: PLC0415
                from sentence_transformers import SentenceTransformer  # noqa: PLC0415

                torch.set_num_threads(1)
                _encoders[name] = cls(SentenceTransformer(name, device="cpu", local_files_only=True))
            return _encoders[name]

    def passages(self, texts: Sequence[str]) -> Vectors:
        new = [text for text in dict.fromkeys(texts) if text not in self._seen]
        if new:
            self._seen.update(zip(new, self._encode(new, passage=True), strict=True))
        return np.stack([self._seen[text] for text in texts])

    def query(self, texts: Sequence[str]) -> Vectors:
        return self._encode(texts, passage=False)

    def _encode(self, texts: Sequence[str], *, passage: bool) -> Vectors:
        # Models with prompts for queries and documents (E5 and the like) apply their own.
        encode: Any = self._model.encode_document if passage else self._model.encode_query
        vectors = encode(list(texts), normalize_embeddings=True, show_progress_bar=False, convert_to_numpy=True)
        return np.ascontiguousarray(vectors, dtype=np.float32)


@dataclass(frozen=True, slots=True)
class DenseScores:
    """Per article the likeness of its best question or title, of its best passage of text, and of all it is asked."""

    by_question: Vectors
    by_text: Vectors
    by_theme: Vectors


class DenseIndex:
    """Vectors of all articles. Immutable after building.

    FAISS proposes the passages nearest to a question; then all passages of their articles are compared exactly, so
    that one article's question and text can be weighed against each other however many passages there are.
    """

    def __init__(self, articles: Sequence[Article], encoder: Encoder, *, hnsw_from: int = HNSW_FROM) -> None:
        import faiss  # noqa: PLC0415 (loads native code)

        self._encoder = encoder
        counts = [(1 + len(article.questions), len(passages(article))) for article in articles]
        # For each article where its questions begin, then where its texts begin; the rows of one article lie together.
        self._bounds = np.concatenate([[0], np.cumsum(np.array(counts, dtype=np.int64))])
        self._owners = np.repeat(np.arange(len(articles)), [sum(pair) for pair in counts])
        self._vectors = encoder.passages(
            [text for a in articles for text in (a.title, *a.questions, *passages(a))]
        )
        self._themes = np.stack([_middle(self._vectors[a:b]) for a, b in _questions(self._bounds)])
        dimension = self._vectors.shape[1]
        self._index: faiss.Index = faiss.IndexFlatIP(dimension)
        if len(self._vectors) >= hnsw_from:
            graph = faiss.IndexHNSWFlat(dimension, LINKS, faiss.METRIC_INNER_PRODUCT)
            graph.hnsw.efConstruction = BREADTH_OF_BUILDING
            graph.hnsw.efSearch = BREADTH_OF_SEARCH
            self._index = graph
        self._index.add(self._vectors)

    def scores(self, texts: Sequence[str], candidates: NDArray[np.int64]) -> DenseScores:
        """Likeness to a question, given in one or more spellings; the best counts.

        `candidates` are articles that other signals propose; an article that nobody proposes counts as unlike.
        """
        queries = self._encoder.query(texts)
        _, rows = self._index.search(queries, min(NEAREST, len(self._owners)))
        proposed = np.union1d(self._owners[rows[rows >= 0]], candidates)
        starts, ends = self._bounds[2 * proposed], self._bounds[2 * proposed + 2]
        wanted = np.concatenate([np.arange(start, end) for start, end in zip(starts, ends, strict=True)])
        likeness = (self._vectors[wanted] @ queries.T).max(axis=1).clip(0.0)
        # Questions and texts of each proposed article in turn; a share without rows (no text) must stay 0.
        sizes = np.diff(self._bounds)[np.stack([2 * proposed, 2 * proposed + 1], axis=1)].ravel()
        begins = np.concatenate([[0], np.cumsum(sizes)[:-1]])
        best = np.zeros(len(sizes), dtype=np.float32)
        best[sizes > 0] = np.maximum.reduceat(likeness, begins[sizes > 0])
        result = np.zeros((3, len(self._themes)), dtype=np.float32)
        result[:2, proposed] = best.reshape(-1, 2).T
        result[2, proposed] = (self._themes[proposed] @ queries.T).max(axis=1).clip(0.0)
        return DenseScores(*result)


def _questions(bounds: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Where the rows of each article's questions begin and end."""
    return zip(bounds[:-1:2].tolist(), bounds[1::2].tolist(), strict=True)


def _middle(vectors: Vectors) -> Vectors:
    """The direction that many vectors share."""
    mean = vectors.mean(axis=0)
    return np.asarray(mean / (np.linalg.norm(mean) or 1.0), dtype=np.float32)


def passages(article: Article) -> tuple[str, ...]:
    """The texts of an article that are compared as a whole."""
    return tuple(text for text in (article.text, article.spoken, article.easy) if text)
