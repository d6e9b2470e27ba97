"""Command: measure the search on labelled questions, beside three baselines in the same run.

    python -m knowledge.evaluation [--set development|test|both] [--encoder FOLDER] [--errors] [--quick] [--publish]

The development set is for tuning; the test set is only reported, so its wrong answers are never listed. `--quick`
leaves the baselines out. `--publish` writes `benchmarks/retrieval` and the figures in the README and the model card.
"""

from __future__ import annotations

import argparse
import hashlib
import statistics
import time
from collections.abc import Sequence
from pathlib import Path

from knowledge import ROOT
from knowledge.evaluation.baselines import BASELINES
from knowledge.evaluation.measures import Outcome
from knowledge.evaluation.report import Result, draw, insert, readme_figures, tables
from knowledge.evaluation.rows import EVALUATION_DAY, Row, load_rows, unseen
from knowledge.evaluation.telephone import heard
from knowledge.library import Library
from knowledge.lists import read_lists
from knowledge.retrieval.engine import with_phrasings

SETS = ("development", "test")
REPORT = ROOT.parent / "benchmarks" / "retrieval"


def outcomes(library: Library, rows: Sequence[Row]) -> tuple[list[Outcome], list[float]]:
    """What the library does with each question, and the milliseconds each search took."""
    found, milliseconds = [], []
    for row in rows:
        started = time.perf_counter()
        result = library.search(row.question, previous=row.previous)
        milliseconds.append((time.perf_counter() - started) * 1000)
        ranking = library.engine.rank(row.question, previous=row.previous)
        ids = tuple(library.engine.ids(ranking)) if ranking else ()
        found.append(Outcome(row, ids, result.decision, result.confidence))
    return found, milliseconds


def errors(found: Sequence[Outcome]) -> str:
    """The questions that went wrong, for reading."""
    lines = []
    for outcome in found:
        wrong_article = outcome.row.article is not None and not outcome.first_is_right
        wrong_decision = outcome.decision != ("abstain" if outcome.row.article is None else "answer")
        if wrong_article or wrong_decision:
            lines.append(
                f"{outcome.decision:8} {outcome.confidence:.2f} {outcome.row.question[:110]} | "
                f"{outcome.row.article} (#{outcome.rank}) | {', '.join(outcome.ranking[:3])}"
            )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", choices=(*SETS, "both"), default="both")
    parser.add_argument("--encoder", type=Path, default=ROOT / "encoder")
    parser.add_argument("--tenant", default="musterkreis")
    parser.add_argument("--errors", action="store_true", help="list the questions that went wrong (development only)")
    parser.add_argument("--quick", action="store_true", help="without the baselines")
    parser.add_argument("--publish", action="store_true", help="write the report, the README's figures and the card")
    arguments = parser.parse_args()
    library = Library.load(ROOT, tenant=arguments.tenant, today=EVALUATION_DAY, encoder=arguments.encoder)
    phrasings = read_lists(ROOT / "phrasings")
    articles = with_phrasings(list(library.articles.values()), phrasings)
    baselines = {} if arguments.quick else {name: baseline(articles) for name, baseline in BASELINES.items()}
    learned = [text for article in articles for text in (article.title, *article.questions)]
    learned += [text for texts in read_lists(ROOT / "elsewhere.yml").values() for text in texts]
    reports, results = [], {}
    for name in SETS if arguments.set == "both" else (arguments.set,):
        path = ROOT / "evaluation" / f"{name}.jsonl"
        every = load_rows(path)
        rows = unseen(every, learned)
        found, milliseconds = outcomes(library, rows)
        results[name] = Result(
            name,
            found,
            outcomes(library, [heard(row) for row in rows])[0],
            {
                label: [Outcome(row, baseline.ranking(row.question)) for row in rows]
                for label, baseline in baselines.items()
            },
            {id: article.topic for id, article in library.articles.items()},
            library.engine.calibration.answer_from,
            (statistics.median(milliseconds), statistics.quantiles(milliseconds, n=20)[-1]),
        )
        digest = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
        left_out = f"Left out, since learned word for word: {len(every) - len(rows)}. Questions: SHA-256 {digest}…"
        reports.append(f"{tables(results[name])}\n\n{left_out}")
        print(reports[-1], "\n")
        if arguments.errors and name == "development":
            print(errors(found), "\n")
    if arguments.publish:
        publish(results, reports, arguments.encoder)


def publish(results: dict[str, Result], reports: Sequence[str], encoder: Path) -> None:
    """Write what was measured to where people read it. Needs both sets and the baselines."""
    REPORT.mkdir(parents=True, exist_ok=True)
    for name, result in results.items():
        draw(result, REPORT / f"{name}.svg")
    head = (
        "# How well questions find their article\n\n"
        "Written by `make evaluate`. The test questions are only counted, never read while tuning; the development "
        "questions chose sizes and thresholds, so their figures flatter.\n\n"
        "![test: reliability, risk and coverage](test.svg)\n\n![development](development.svg)"
    )
    (REPORT / "report.md").write_text("\n\n".join((head, *reversed(reports))) + "\n", encoding="utf-8")
    figures = readme_figures(results["test"])
    for path in (ROOT.parent / "README.md", encoder / "README.md"):
        path.write_text(insert(path.read_text(encoding="utf-8"), figures), encoding="utf-8")


if __name__ == "__main__":
    main()
