"""Search by meaning: sentence-transformers vectors of every question, title and text in a FAISS index."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
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
    """Per article the likeness of its best question or title, and of its best passage of text."""

    by_question: Vectors
    by_text: Vectors


class DenseIndex:
    """Vectors of all articles. Immutable after building."""

    def __init__(self, articles: Sequence[Article], encoder: Encoder) -> None:
        import faiss  # noqa: PLC0415 (loads native code)

        self._encoder = encoder
        self._size = len(articles)
        questions = [(n, text) for n, article in enumerate(articles) for text in (article.title, *article.questions)]
        texts = [(n, text) for n, article in enumerate(articles) for text in _passages(article)]
        self._owners = np.array([n for n, _ in questions + texts], dtype=np.int64)
        self._questions = len(questions)
        vectors = encoder.passages([text for _, text in questions + texts])
        self._index = faiss.IndexFlatIP(vectors.shape[1])
        self._index.add(vectors)

    def scores(self, texts: Sequence[str]) -> DenseScores:
        """Likeness to a question, given in one or more spellings; the best counts."""
        likeness, rows = self._index.search(self._encoder.query(texts), len(self._owners))
        by_question = np.full(self._size, -1.0, dtype=np.float32)
        by_text = np.full(self._size, -1.0, dtype=np.float32)
        is_question = rows < self._questions
        np.maximum.at(by_question, self._owners[rows[is_question]], likeness[is_question])
        np.maximum.at(by_text, self._owners[rows[~is_question]], likeness[~is_question])
        return DenseScores(np.maximum(by_question, 0.0), np.maximum(by_text, 0.0))


def _passages(article: Article) -> tuple[str, ...]:
    return tuple(text for text in (article.text, article.spoken, article.easy) if text)
