"""How the signals of the search become one score, a probability and a decision; fitted, stored as JSON.

The numbers belong to an encoder, whose likenesses they weigh, and so lie beside it (`calibration.json`). For an
encoder without one the shipped encoder's are used; fit its own with `python -m knowledge.training.calibration`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError

from knowledge.errors import KnowledgeError, describe_validation

Decision = Literal["answer", "clarify", "abstain"]
SHIPPED = Path(__file__).parent.parent / "encoder"
FILE = "calibration.json"
SIGNALS = ("question_words", "article_words", "question_meaning", "text_meaning", "theme_meaning", "facet")
FEATURES = (
    "score",
    "margin",
    "share",
    "share_of_choices",
    "agreement",
    "question_words",
    "article_words",
    "question_meaning",
    "text_meaning",
    "theme_meaning",
    "facet",
    "elsewhere_words",
    "elsewhere_coverage",
    "elsewhere_meaning",
    "elsewhere_margin",
    "length",
)


# An answer needs a lead over the second article. On the development set a sure first hit (0.85 and more) that led by
# less than 0.02 was right in 9 of 11 cases, against 98 of 100 beyond it. A single word ("Antrag", "Termin") names a
# topic rather than a question, so it must lead clearly.
LEAD = 0.02
LEAD_OF_A_SINGLE_WORD = 0.15
# A single word that several articles share is asked back, never refused.
NAMES_A_TOPIC = 0.5


class Logistic(BaseModel):
    """A logistic regression over FEATURES."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    weights: dict[str, float]
    intercept: float

    def probability(self, features: NDArray[np.float64]) -> float:
        weights = np.array([self.weights[name] for name in FEATURES])
        return float(1 / (1 + np.exp(-(features @ weights + self.intercept))))


class Calibration(BaseModel):
    """Fitted on the development set. `first` says how likely the first hit is right, `choices` how likely one of the
    first three is; an answer needs the one, asking back the other. `sharpness` turns fused scores into shares of
    probability among the articles."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    fusion_weights: dict[str, float]
    sharpness: float
    first: Logistic
    choices: Logistic
    answer_from: float
    clarify_from: float

    @classmethod
    def load(cls, encoder: Path) -> Calibration:
        path = encoder / FILE if (encoder / FILE).is_file() else SHIPPED / FILE
        try:
            return cls.model_validate_json(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise KnowledgeError(f"{path}: nicht lesbar ({error})") from error
        except ValidationError as error:
            raise KnowledgeError(f"{path}: {describe_validation(error)}") from error

    @classmethod
    def unfitted(cls) -> Calibration:
        """The starting point of fitting; decides nothing sensibly."""
        even = Logistic(weights=dict.fromkeys(FEATURES, 0.0), intercept=0.0)
        return cls(
            fusion_weights=dict.fromkeys(SIGNALS, 1.0),
            sharpness=20.0,
            first=even,
            choices=even,
            answer_from=0.5,
            clarify_from=0.5,
        )

    @property
    def fusion(self) -> NDArray[np.float64]:
        """Weights that add up to one, so that a fused score lies between 0 and 1 as its signals do."""
        weights = np.array([self.fusion_weights[name] for name in SIGNALS])
        return weights / weights.sum()

    def decide(self, features: NDArray[np.float64], *, words: int) -> tuple[Decision, float]:
        """What to do, and how likely the first hit is right. `words` is the number of words that say something."""
        confidence = round(self.first.probability(features), 3)
        lead = features[FEATURES.index("margin")]
        if confidence >= self.answer_from and lead >= (LEAD if words > 1 else LEAD_OF_A_SINGLE_WORD):
            return "answer", confidence
        names_a_topic = (
            words == 1
            and lead < LEAD_OF_A_SINGLE_WORD
            and features[FEATURES.index("score")] >= NAMES_A_TOPIC
        )
        if names_a_topic or self.choices.probability(features) >= self.clarify_from:
            return "clarify", confidence
        return "abstain", confidence
