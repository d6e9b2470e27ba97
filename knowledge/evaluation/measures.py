"""Measures of retrieval and of decisions, over typed outcomes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from knowledge.evaluation.rows import Row
from knowledge.retrieval.calibration import Decision
from knowledge.retrieval.engine import CHOICES


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a system did with one question. A system without decisions answers always, with confidence 1."""

    row: Row
    ranking: tuple[str, ...]
    decision: Decision = "answer"
    confidence: float = 1.0

    @property
    def rank(self) -> int | None:
        """The place of the first accepted article, counted from 1."""
        return next((place for place, id in enumerate(self.ranking, start=1) if id in self.row.accepted), None)

    @property
    def first_is_right(self) -> bool:
        return self.rank == 1


@dataclass(frozen=True, slots=True)
class Bin:
    """One bar of the reliability curve."""

    confidence: float
    accuracy: float
    size: int


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean over questions with the range that holds it in 95 of 100 resamplings of the questions."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"

    def clear_of(self, other: Interval) -> bool:
        """Whether the two ranges have nothing in common."""
        return self.low > other.high or other.low > self.high


@dataclass(frozen=True, slots=True)
class Measures:
    """All measures of one set of outcomes; a share over nothing is 0."""

    outcomes: Sequence[Outcome]

    @property
    def answerable(self) -> list[Outcome]:
        return [outcome for outcome in self.outcomes if outcome.row.article is not None]

    @property
    def out_of_scope(self) -> list[Outcome]:
        return [outcome for outcome in self.outcomes if outcome.row.article is None]

    def hits(self, places: int) -> list[bool]:
        """For each answerable question whether an accepted article is among the first places."""
        return [outcome.rank is not None and outcome.rank <= places for outcome in self.answerable]

    def reciprocal_ranks(self) -> list[float]:
        """For each answerable question one divided by the first accepted article's place; 0 where there is none."""
        return [1 / outcome.rank if outcome.rank else 0.0 for outcome in self.answerable]

    def hit(self, places: int) -> float:
        """Share of answerable questions with an accepted article among the first places."""
        return _share(self.hits(places))

    def mean_reciprocal_rank(self) -> float:
        return _share(self.reciprocal_ranks())

    def refused(self) -> float:
        """Of all answerable questions, the share where the system abstained."""
        return _share([outcome.decision == "abstain" for outcome in self.answerable])

    def answer_precision(self) -> float:
        """Of all questions answered at once, the share answered with an accepted article."""
        return _share([outcome.first_is_right for outcome in self.outcomes if outcome.decision == "answer"])

    def answer_recall(self) -> float:
        """Of all answerable questions, the share answered at once and rightly."""
        return _share([outcome.decision == "answer" and outcome.first_is_right for outcome in self.answerable])

    def helped(self) -> float:
        """Of all answerable questions, the share answered rightly or offered the right article to choose."""
        return _share(
            [
                (outcome.decision == "answer" and outcome.first_is_right)
                or (outcome.decision == "clarify" and outcome.rank is not None and outcome.rank <= CHOICES)
                for outcome in self.answerable
            ]
        )

    def abstain_precision(self) -> float:
        """Of all abstentions, the share where the office has no answer."""
        return _share([outcome.row.article is None for outcome in self.outcomes if outcome.decision == "abstain"])

    def abstain_recall(self) -> float:
        """Of all questions out of scope, the share where the system abstained."""
        return _share([outcome.decision == "abstain" for outcome in self.out_of_scope])

    def nonsense(self) -> float:
        """Of all questions out of scope, the share answered at once: an answer to another question."""
        return _share([outcome.decision == "answer" for outcome in self.out_of_scope])

    def reliability(self, bins: int = 10) -> list[Bin]:
        """Confidence against how often the first hit was right, in bins of equal width, empty ones left out."""
        filled: list[list[Outcome]] = [[] for _ in range(bins)]
        for outcome in self.outcomes:
            filled[min(bins - 1, int(outcome.confidence * bins))].append(outcome)
        return [
            Bin(
                sum(outcome.confidence for outcome in group) / len(group),
                _share([outcome.first_is_right for outcome in group]),
                len(group),
            )
            for group in filled
            if group
        ]

    def calibration_error(self, bins: int = 10) -> float:
        """Expected calibration error: mean distance of confidence and accuracy, weighted by the bins' sizes."""
        return sum(abs(group.confidence - group.accuracy) * group.size for group in self.reliability(bins)) / max(
            1, len(self.outcomes)
        )

    def risk_at_coverage(self, coverage: float) -> float:
        """Share of wrong first hits when only the most confident share of all questions is answered."""
        risks = self.risks()
        return risks[round(coverage * len(risks)) - 1] if round(coverage * len(risks)) else 0.0

    def risks(self) -> list[float]:
        """The risk-coverage curve: at place n the share of wrong first hits among the n + 1 surest questions."""
        ordered = sorted(self.outcomes, key=lambda outcome: -outcome.confidence)
        wrong = np.cumsum([not outcome.first_is_right for outcome in ordered])
        return [float(count / size) for size, count in enumerate(wrong, start=1)]


def interval(values: Sequence[float]) -> Interval:
    """Mean and 95 % range by the percentile bootstrap (Efron 1979), 2,000 resamplings, always the same ones."""
    if not values:
        return Interval(0.0, 0.0, 0.0)
    sample: NDArray[np.float64] = np.asarray(values, dtype=np.float64)
    draws = np.random.default_rng(0).integers(len(sample), size=(2000, len(sample)))
    low, high = np.quantile(sample[draws].mean(axis=1), (0.025, 0.975))
    return Interval(float(sample.mean()), float(low), float(high))


def _share(flags: Sequence[float]) -> float:
    return sum(flags) / len(flags) if flags else 0.0
