"""The report of an evaluation: tables for people, the curves as a picture, and the figures for the README."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from knowledge.evaluation.measures import Measures, Outcome, interval
from knowledge.evaluation.telephone import LOST

AS_HEARD = "as the telephone hears it"
BEGIN, END = "<!-- figures of the search: begin -->", "<!-- figures of the search: end -->"


@dataclass(frozen=True, slots=True)
class Result:
    """One set of questions: what Lotse and each baseline did with them, and Lotse with what the telephone hears of
    them. `answer_from`: probability an answer needs."""

    name: str
    found: Sequence[Outcome]
    heard: Sequence[Outcome]
    baselines: Mapping[str, Sequence[Outcome]]
    topics: Mapping[str, str]  # of articles
    answer_from: float
    milliseconds: tuple[float, float]  # median, 95th percentile of one search

    @property
    def measures(self) -> Measures:
        return Measures(self.found)

    def by_register(self) -> dict[str, Measures]:
        return self._grouped(lambda outcome: outcome.row.register_)

    def by_topic(self) -> dict[str, Measures]:
        return self._grouped(lambda outcome: self.topics.get(outcome.row.article or "", ""))

    def _grouped(self, key: Callable[[Outcome], str]) -> dict[str, Measures]:
        names = sorted({key(outcome) for outcome in self.found} - {""})
        return {name: Measures([outcome for outcome in self.found if key(outcome) == name]) for name in names}


def tables(result: Result) -> str:
    """All tables of one set as Markdown."""
    measures = result.measures
    heard = Measures(result.heard)
    median, slow = result.milliseconds
    parts = [
        f"## {result.name}",
        f"{len(result.found)} questions, {len(measures.out_of_scope)} of them nobody's at the job centre. "
        f"Brackets hold 95 % ranges (bootstrap over questions). Search: median {median:.1f} ms, 95 % {slow:.1f} ms. "
        f"{AS_HEARD.capitalize()}: the same questions in lower case without punctuation, numbers as words, "
        f"abbreviations letter by letter, {LOST:.0%} of the words lost.",
        _markdown(
            ("system", "questions", "hit@1", "hit@3", "MRR"),
            [
                *(_retrieval(name, Measures(found)) for name, found in result.baselines.items()),
                _retrieval("**Lotse**", measures),
                _retrieval(f"Lotse, {AS_HEARD}", heard),
                *(_retrieval(f"Lotse, {name}", group) for name, group in result.by_register().items()),
            ],
        ),
        _markdown(
            ("decisions", "answers right", "answered of answerable", "answered or offered", "refused of answerable",
             "abstentions right", "abstained of out of scope", "answered of out of scope", "calibration error"),
            [
                _decisions("**Lotse**", measures),
                _decisions(AS_HEARD, heard),
                *(_decisions(name, group) for name, group in result.by_register().items()),
            ],
        ),
        _markdown(
            ("topic", "questions", "hit@1", "hit@3", "MRR"),
            [_retrieval(name, group) for name, group in result.by_topic().items()],
        ),
        "Reliability (mean confidence → share right, questions): "
        + ", ".join(f"{b.confidence:.2f} → {b.accuracy:.2f} ({b.size})" for b in measures.reliability()),
        "Wrong first hits when only the surest are answered: "
        + ", ".join(f"{share:.0%}: {measures.risk_at_coverage(share):.3f}" for share in (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)),
    ]
    return "\n\n".join(parts)


def _retrieval(name: str, measures: Measures) -> tuple[str, ...]:
    ranges = (interval(measures.hits(1)), interval(measures.hits(3)), interval(measures.reciprocal_ranks()))
    return name, str(len(measures.answerable)), *map(str, ranges)


def _decisions(name: str, measures: Measures) -> tuple[str, ...]:
    figures = (
        measures.answer_precision(), measures.answer_recall(), measures.helped(), measures.refused(),
        measures.abstain_precision(), measures.abstain_recall(), measures.nonsense(), measures.calibration_error(),
    )  # fmt: skip
    return name, *(f"{figure:.3f}" for figure in figures)


def _markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows)]
    return "\n".join(lines)


def draw(result: Result, path: Path) -> None:
    """Reliability and risk-coverage curve of one set as a picture."""
    import matplotlib as mpl  # noqa: PLC0415 (only the report needs it)

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "lotse"  # the same figures give the same file
    from matplotlib import pyplot as plt  # noqa: PLC0415

    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.2), layout="constrained")
    bins = result.measures.reliability()
    confidences, shares = [group.confidence for group in bins], [group.accuracy for group in bins]
    left.plot([0, 1], [0, 1], color="0.7", linewidth=1)
    left.plot(confidences, shares, color="#0b5394")
    left.scatter(confidences, shares, s=[8 + group.size for group in bins], color="#0b5394")
    left.axvline(result.answer_from, color="#b45f06", linestyle="--", linewidth=1)
    left.set(title=f"Reliability (error {result.measures.calibration_error():.3f})", xlabel="confidence",
             ylabel="share of first hits right", xlim=(0, 1), ylim=(0, 1.02))
    risks = result.measures.risks()
    right.plot([(n + 1) / len(risks) for n in range(len(risks))], risks, color="#0b5394")
    answered = sum(outcome.confidence >= result.answer_from for outcome in result.found) / max(1, len(result.found))
    right.axvline(answered, color="#b45f06", linestyle="--", linewidth=1)
    right.set(title="Risk and coverage", xlabel="share of questions answered, surest first",
              ylabel="share answered wrongly", xlim=(0, 1), ylim=(0, None))
    figure.suptitle(f"{result.name}: {len(result.found)} questions; dashed: the threshold of an answer")
    figure.savefig(path, format="svg", metadata={"Date": None})
    plt.close(figure)


def readme_figures(result: Result) -> str:
    """The few figures that the README shows."""
    measures = result.measures
    registers = ", ".join(f"{name} {group.hit(1):.2f}" for name, group in result.by_register().items())
    sentence = (
        f"{len(result.found)} questions in five registers that nothing was trained or tuned on, "
        f"{len(measures.out_of_scope)} of them for other offices or no office; 95 % ranges in brackets. "
        f"hit@1 by register: {registers}. Of the answers given at once {measures.answer_precision():.1%} rest on "
        f"the right article; of the questions out of scope {measures.nonsense():.1%} get an answer; of those in "
        f"scope {measures.refused():.1%} are refused; calibration error {measures.calibration_error():.3f}. "
        "Tables, curves and how it was measured: [benchmarks/retrieval](benchmarks/retrieval/report.md)."
    )
    return "\n\n".join(
        (
            _markdown(
                ("search on the test questions", "hit@1", "hit@3", "MRR"),
                [
                    *((name, *_retrieval(name, Measures(found))[2:]) for name, found in result.baselines.items()),
                    ("**Lotse**", *_retrieval("", measures)[2:]),
                ],
            ),
            textwrap.fill(sentence, 118, break_long_words=False, break_on_hyphens=False),
        )
    )


def insert(text: str, figures: str) -> str:
    """A document with the figures between the two marks renewed.

    Raises ValueError where the marks are missing.
    """
    pattern = re.compile(f"{re.escape(BEGIN)}.*{re.escape(END)}", re.DOTALL)
    if not pattern.search(text):
        raise ValueError(f"the document lacks the marks {BEGIN} and {END}")
    return pattern.sub(lambda _: f"{BEGIN}\n{figures}\n{END}", text)
