"""Questions and articles that stand twice, and questions of the evaluation sets that training would then have seen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from sklearn.feature_extraction.text import TfidfVectorizer

from knowledge.articles import Article
from knowledge.check.findings import Finding
from knowledge.errors import KnowledgeError
from knowledge.evaluation.rows import load_rows, normalised

# Cosine of character n-grams among the 281 articles of November 2026: half of all pairs lie below 0.13, 999 of 1000
# below 0.45. The seven pairs from 0.6 on do ask whether one article is enough; from 0.9 on hardly a word differs.
SIMILAR = 0.6
SAME = 0.9


def repeated_questions(articles: Iterable[Article]) -> Iterator[Finding]:
    """The same question in two articles of one municipality: search could only guess which is meant."""
    first: dict[str, str] = {}
    for article in articles:
        for question in (article.title, *article.questions):
            other = first.setdefault(normalised(question), article.id)
            if other != article.id:
                yield Finding(article.id, "Fehler", f"Die Frage „{question}“ steht auch bei {other}.", "Doppelte Frage")


def similar_articles(articles: Mapping[str, Article], phrasings: Mapping[str, list[str]]) -> Iterator[Finding]:
    """Pairs of articles that say nearly the same, or are asked for in nearly the same words."""
    ids = list(articles)
    asked = [" \n".join((articles[id].title, *articles[id].questions, *phrasings.get(id, ()))) for id in ids]
    said = [articles[id].text for id in ids]
    for texts, what in ((said, "Der Text"), (asked, "Was gefragt wird,")):
        for one, other, likeness in _pairs(texts, SIMILAR):
            yield Finding(
                ids[one],
                "Fehler" if likeness >= SAME else "Hinweis",
                f"{what} ist fast wie bei {ids[other]} (Ähnlichkeit {100 * likeness:.0f} Prozent).",
                "Ähnlicher Artikel",
            )


def leaked_questions(root: Path, texts: Mapping[str, Iterable[str]]) -> Iterator[Finding]:
    """Evaluation questions that stand word for word among what search and encoder learn from: the figures would lie."""
    places = {normalised(text): place for place, found in texts.items() for text in found}
    for path in sorted((root / "evaluation").glob("*.jsonl")):
        try:
            rows = load_rows(path)
        except KnowledgeError as error:
            yield Finding(path.name, "Fehler", str(error), "Prüffrage")
            continue
        for row in rows:
            if place := places.get(normalised(row.question)):
                sentence = f"Die Frage „{row.question}“ ist eine Prüffrage ({path.stem}) und darf hier nicht stehen."
                yield Finding(place, "Fehler", sentence, "Prüffrage")


def _pairs(texts: list[str], least: float) -> Iterator[tuple[int, int, float]]:
    if len(texts) < 2:
        return
    # Parts of words meet inflections and compounds without any analysis of German.
    matrix = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True).fit_transform(texts)
    likeness = (matrix @ matrix.T).tocoo()
    for one, other, value in zip(likeness.row, likeness.col, likeness.data, strict=True):
        if one < other and value >= least:
            yield int(one), int(other), float(value)
