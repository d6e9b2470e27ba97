"""`python -m benchmarks.search`: how fast questions find their article on one core, today and in a library that grew.

The grown library recombines the articles' own sentences and varies their questions as citizens mistype them; what
answers what means nothing there, only the sizes count. Flat and graph (HNSW) meet the same questions.
"""

import dataclasses
import os
import random
import statistics
import time
from collections.abc import Sequence

import faiss

from knowledge import ROOT
from knowledge.articles import Article, load_content
from knowledge.evaluation.rows import EVALUATION_DAY, load_rows
from knowledge.library import Library
from knowledge.lists import read_lists
from knowledge.retrieval.dense import Encoder, passages
from knowledge.retrieval.engine import SearchEngine, with_phrasings
from knowledge.training.encoder import split_sentences
from knowledge.training.variation import Variation

SIZES = (20_000, 50_000, 100_000)
NEVER = 10**9
COPY = "~"  # after it the number of a copy; copies of one article are as good as one another
ENCODER = ROOT / "encoder"


def main() -> None:
    """Print the table."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    faiss.omp_set_num_threads(1)
    Encoder.load(ENCODER)
    started = time.perf_counter()
    library = Library.load(ROOT, tenant="musterkreis", today=EVALUATION_DAY, encoder=ENCODER)
    first = time.perf_counter() - started
    started = time.perf_counter()
    Library.load(ROOT, tenant="musterkreis", today=EVALUATION_DAY, encoder=ENCODER)
    print(f"the base: built in {first:.1f} s, again (vectors known) in {time.perf_counter() - started:.1f} s")
    questions = [row.question for row in load_rows(ROOT / "evaluation" / "development.jsonl")]
    articles = with_phrasings(list(library.articles.values()), read_lists(ROOT / "phrasings"))
    print(f"{'passages':>9} {'index':>6} {'built s':>8} {'p50 ms':>7} {'p95 ms':>7} {'same article as flat':>21}")
    row("flat", count(articles), first, {"flat": timed(library.engine, questions)})
    for size in SIZES:
        grow(articles, size, questions)


def grow(articles: Sequence[Article], size: int, questions: Sequence[str]) -> None:
    """One size: the same library with both kinds of index, same questions."""
    content = load_content(ROOT, tenant="musterkreis", today=EVALUATION_DAY)
    content = dataclasses.replace(content, articles={article.id: article for article in recombined(articles, size)})
    found: dict[str, Timed] = {}
    for name, hnsw_from in (("flat", NEVER), ("hnsw", 0)):
        started = time.perf_counter()
        engine = SearchEngine.build(ROOT, content, encoder=ENCODER, hnsw_from=hnsw_from)
        built = time.perf_counter() - started
        found[name] = timed(engine, questions)
        row(name, size, built, found, name)


Timed = tuple[list[float], list[str]]


def timed(engine: SearchEngine, questions: Sequence[str]) -> Timed:
    """Milliseconds of each search, and the first article it found."""
    milliseconds, firsts = [], []
    for question in questions:
        started = time.perf_counter()
        ranking = engine.rank(question)
        milliseconds.append((time.perf_counter() - started) * 1000)
        firsts.append(engine.ids(ranking)[0].partition(COPY)[0] if ranking else "")
    return milliseconds, firsts


def row(index: str, size: int, built: float, found: dict[str, Timed], name: str = "flat") -> None:
    """One line of the table."""
    milliseconds, firsts = found[name]
    same = sum(a == b for a, b in zip(firsts, found["flat"][1], strict=True)) / len(firsts)
    p95 = statistics.quantiles(milliseconds, n=20)[-1]
    print(f"{size:>9,} {index:>6} {built:>8.1f} {statistics.median(milliseconds):>7.1f} {p95:>7.1f} {same:>21.1%}")


def count(articles: Sequence[Article]) -> int:
    """How many passages the encoder sees."""
    return sum(1 + len(article.questions) + len(passages(article)) for article in articles)


def recombined(articles: Sequence[Article], size: int) -> list[Article]:
    """Articles made of the sentences and varied questions of others, until there are `size` passages."""
    source = random.Random(7)
    vary = Variation(source, read_lists(ROOT / "synonyms.yml"))
    pool = [sentence for article in articles for sentence in split_sentences(article.text)]
    made: list[Article] = []
    total = 0
    while total < size:
        pattern = source.choice(articles)
        made.append(
            dataclasses.replace(
                pattern,
                id=f"{pattern.id}{COPY}{len(made)}",
                questions=tuple(vary.of(question) for question in pattern.questions),
                text=" ".join(source.sample(pool, 8)),
                spoken=" ".join(source.sample(pool, 3)),
                easy=" ".join(source.sample(pool, 6)),
            )
        )
        total += count(made[-1:])
    return made


if __name__ == "__main__":
    main()
