"""Command: measure, and fit, the search among translated articles.

    python -m knowledge.evaluation.languages [--fit]

`languages.ndjson` holds questions by somebody who saw only ids and German titles, half of them for development. `--fit`
fits the confidence on that half and writes `knowledge/retrieval/translated.json`; the table shows the other half.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

from knowledge import ROOT
from knowledge.articles import load_content
from knowledge.evaluation.rows import EVALUATION_DAY
from knowledge.retrieval.translated import THRESHOLDS, Confidence, rank
from knowledge.translations import LANGUAGES, Translation

QUESTIONS = Path(__file__).with_name("languages.ndjson")
# On the development questions: of what nobody here answers, at most so much is answered, ...
ANSWERED_OUT_OF_SCOPE = 0.1
# ... and of what is ours, at most so much is refused; between the two three articles are offered.
REFUSED_IN_SCOPE = 0.04


@dataclass(frozen=True)
class Question:
    """`article` None: nothing of ours answers it."""

    language: str
    set: str
    question: str
    article: str | None


@dataclass(frozen=True)
class Found:
    """A question and what the search ranked."""

    asked: Question
    ranking: list[tuple[str, float]]

    @property
    def right(self) -> bool:
        return self.ranking[0][0] == self.asked.article

    @property
    def features(self) -> tuple[float, float]:
        return self.ranking[0][1], self.ranking[0][1] - self.ranking[1][1]


def find(translations: dict[str, dict[str, Translation]]) -> list[Found]:
    """What is ranked for every question."""
    lines = QUESTIONS.read_text(encoding="utf-8").splitlines()
    questions = [Question(**json.loads(line)) for line in lines]
    return [Found(one, rank(list(translations[one.language].values()), one.question)) for one in questions]


def fit(found: Sequence[Found]) -> Confidence:
    """Logistic in score and lead; the two thresholds keep the two promises above."""
    features = np.array([one.features for one in found])
    ours = np.array([one.asked.article is not None for one in found])
    model = LogisticRegression(C=100.0).fit(features, [one.right for one in found])
    probabilities = model.predict_proba(features)[:, 1]
    answer = float(np.quantile(probabilities[~ours], 1 - ANSWERED_OUT_OF_SCOPE))
    clarify = float(np.quantile(probabilities[ours], REFUSED_IN_SCOPE))
    score, lead = model.coef_[0]
    return Confidence(float(score), float(lead), float(model.intercept_[0]), answer, clarify)


def table(found: Sequence[Found], confidence: Confidence) -> str:
    """Per language, of the test half: right at once, among three; and what is done with the rest."""
    lines = [
        "| language | hit@1 | hit@3 | answered rightly | answered wrongly | refused in scope | answered out of scope |"
    ]
    lines.append("|---|---|---|---|---|---|---|")
    for language in [*LANGUAGES, "all"]:
        rows = [one for one in found if one.asked.set == "test" and language in (one.asked.language, "all")]
        known = [one for one in rows if one.asked.article]
        other = [one for one in rows if not one.asked.article]
        decided = {id(one): confidence.decide(confidence.of(one.ranking)) for one in rows}
        shares = [
            sum(one.right for one in known) / len(known),
            sum(one.asked.article in [article for article, _ in one.ranking[:3]] for one in known) / len(known),
            sum(one.right and decided[id(one)] == "answer" for one in known) / len(known),
            sum(not one.right and decided[id(one)] == "answer" for one in known) / len(known),
            sum(decided[id(one)] == "abstain" for one in known) / len(known),
            sum(decided[id(one)] == "answer" for one in other) / len(other),
        ]
        lines.append(f"| {LANGUAGES.get(language, 'all')} | " + " | ".join(f"{share:.2f}" for share in shares) + " |")
    return "\n".join(lines)


def main() -> None:
    """Measures, with `--fit` after fitting."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fit", action="store_true")
    arguments = parser.parse_args()
    content = load_content(ROOT, tenant="musterkreis", today=EVALUATION_DAY)
    found = find(content.translations)
    if arguments.fit:
        confidence = fit([one for one in found if one.asked.set == "development"])
        values = {name: round(getattr(confidence, name), 4) for name in Confidence.__annotations__}
        THRESHOLDS.write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")
    print(table(found, Confidence.load()))


if __name__ == "__main__":
    main()
