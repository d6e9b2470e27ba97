"""Command: measure the search on labelled questions, beside plain BM25 in the same run.

    python -m knowledge.evaluation [--set development|test|both] [--encoder FOLDER] [--errors] [--card]

The development set is for tuning; the test set is only reported. `--card` writes the tables into the encoder's card.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Sequence
from pathlib import Path

from knowledge import ROOT
from knowledge.evaluation.baseline import PlainBM25
from knowledge.evaluation.measures import Measures, Outcome
from knowledge.evaluation.rows import EVALUATION_DAY, Row, load_rows, unseen
from knowledge.library import Library
from knowledge.lists import read_lists

SCORES = "## Scores"  # heading in the encoder's card
SETS = ("development", "test")


def outcomes(library: Library, rows: Sequence[Row]) -> tuple[list[Outcome], list[float]]:
    """What the library does with each question, and the milliseconds each search took."""
    found, milliseconds = [], []
    for row in rows:
        started = time.perf_counter()
        result = library.search(row.question)
        milliseconds.append((time.perf_counter() - started) * 1000)
        ranking = library.engine.rank(row.question)
        ids = tuple(library.engine.ids(ranking)) if ranking else ()
        found.append(Outcome(row, ids, result.decision, result.confidence))
    return found, milliseconds


def table(name: str, found: Sequence[Outcome], baseline: Sequence[Outcome]) -> str:
    """The report of one set."""
    registers = sorted({outcome.row.register_ for outcome in found})
    lines = [f"{name}: {len(found)} questions, {len(Measures(found).out_of_scope)} of them out of scope", ""]
    lines.append(f"{'retrieval':26} {'n':>4} {'hit@1':>6} {'hit@3':>6} {'MRR':>6}")
    systems = [("plain BM25", Measures(baseline)), ("Lotse", Measures(found))]
    for register in registers:
        systems.append((f"  {register}", Measures([outcome for outcome in found if outcome.row.register_ == register])))
    for label, measures in systems:
        figures = (measures.hit(1), measures.hit(3), measures.mean_reciprocal_rank())
        lines.append(f"{label:26} {len(measures.answerable):4} " + " ".join(f"{figure:6.3f}" for figure in figures))
    lines += ["", f"{'decisions':26} {'answer':>14} {'helped':>7} {'abstain':>14} {'nonsense':>9} {'cal.':>6}"]
    lines.append(f"{'':26} {'prec.':>7}{'recall':>7} {'':7} {'prec.':>7}{'recall':>7} {'':9} {'error':>6}")
    for label, measures in systems[1:]:
        lines.append(
            f"{label:26} {measures.answer_precision():7.3f}{measures.answer_recall():7.3f} {measures.helped():7.3f} "
            f"{measures.abstain_precision():7.3f}{measures.abstain_recall():7.3f} {measures.nonsense():9.3f} "
            f"{measures.calibration_error():6.3f}"
        )
    measures = Measures(found)
    lines += [
        "",
        "reliability: " + ", ".join(f"{b.confidence:.2f}→{b.accuracy:.2f} ({b.size})" for b in measures.reliability()),
    ]
    risks = ", ".join(f"{share:.0%}: {measures.risk_at_coverage(share):.3f}" for share in (0.5, 0.7, 0.8, 0.9, 1.0))
    lines.append(f"wrong first hits when the surest are answered: {risks}")
    return "\n".join(lines)


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
    parser.add_argument("--card", action="store_true", help="write the tables into the encoder's model card")
    arguments = parser.parse_args()
    library = Library.load(ROOT, tenant=arguments.tenant, today=EVALUATION_DAY, encoder=arguments.encoder)
    baseline = PlainBM25(list(library.articles.values()))
    learned = [text for article in library.articles.values() for text in (article.title, *article.questions)]
    for file in ("phrasings", "elsewhere.yml"):
        learned += [text for texts in read_lists(ROOT / file).values() for text in texts]
    reports = []
    for name in SETS if arguments.set == "both" else (arguments.set,):
        every = load_rows(ROOT / "evaluation" / f"{name}.jsonl")
        rows = unseen(every, learned)
        found, milliseconds = outcomes(library, rows)
        plain = [Outcome(row, baseline.ranking(row.question)) for row in rows]
        reports.append(f"{table(name, found, plain)}\nleft out, since learned word for word: {len(every) - len(rows)}")
        centiles = statistics.quantiles(milliseconds, n=20)
        print(f"{reports[-1]}\nsearch: median {statistics.median(milliseconds):.1f} ms, 95 % {centiles[-1]:.1f} ms\n")
        if arguments.errors and name == "development":
            print(errors(found), "\n")
    if arguments.card:
        path = arguments.encoder / "README.md"
        recipe = path.read_text(encoding="utf-8").partition(SCORES)[0]
        tables = "\n\n".join(f"```\n{report}\n```" for report in reports)
        path.write_text(f"{recipe}{SCORES}\n{tables}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
