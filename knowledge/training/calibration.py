"""Command: fit the weights of the search, its confidence and its thresholds on the development set.

    python -m knowledge.training.calibration [--encoder FOLDER]

Writes `calibration.json` beside the encoder. Fusion weights are a conditional logit over all articles of a question;
confidence is a logistic regression (scikit-learn); the threshold of an answer is the lowest that keeps the wanted
precision by probabilities from folds that had not seen the question. The test set is never read here.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from knowledge import ROOT
from knowledge.articles import load_content
from knowledge.evaluation.rows import EVALUATION_DAY, Row, load_rows
from knowledge.retrieval.calibration import FEATURES, FILE, LEAD, SIGNALS, Calibration, Logistic
from knowledge.retrieval.engine import CHOICES, SearchEngine

ANSWER_PRECISION = 0.97  # of the questions answered at once, this share must get the right article
ANSWERED_OUT_OF_SCOPE = 0.02  # of the questions that no article answers, no more than this share is answered at once
ANSWER_CONFIDENCE = 0.7  # and none is answered at once that is less likely right than this
# Asked back where the right article is likely enough among the choices. On unseen folds of the development set 0.5
# refused 4.2 % of the answerable questions and asked back on 10 % of the others; 0.35 refuses 2.8 % and asks on 15 %.
CLARIFY_PROBABILITY = 0.35
# The development set holds many questions of nobody's, to learn them well; in life they are taken to be one in four.
OUT_OF_SCOPE_IN_LIFE = 0.25
RIDGE = 0.0005
REGULARISATION = 5.0  # lowest loss on unseen folds among 5, 20 and 100


def fit(engine: SearchEngine, rows: list[Row]) -> Calibration:
    start = Calibration.unfitted()
    pull = _fusion(engine.calibrated(start), rows)
    fused = start.model_copy(
        update={
            "fusion_weights": {
                name: round(float(weight), 4) for name, weight in zip(SIGNALS, pull / pull.sum(), strict=True)
            },
            "sharpness": round(float(pull.sum()), 2),
        }
    )
    engine = engine.calibrated(fused)
    features, first_right, among_choices, in_scope = _examples(engine, rows)
    share = np.mean(~in_scope)
    weights = np.where(in_scope, (1 - OUT_OF_SCOPE_IN_LIFE) / (1 - share), OUT_OF_SCOPE_IN_LIFE / share)
    first, first_probabilities = _logistic(features, first_right, weights)
    choices, _ = _logistic(features, among_choices, weights)
    leads = features[:, FEATURES.index("margin")] >= LEAD
    return fused.model_copy(
        update={
            "first": first,
            "choices": choices,
            "answer_from": max(
                ANSWER_CONFIDENCE,
                _lowest_threshold(first_probabilities[leads], first_right[leads], in_scope[leads], sum(~in_scope)),
            ),
            "clarify_from": CLARIFY_PROBABILITY,
        }
    )


def _fusion(engine: SearchEngine, rows: list[Row]) -> NDArray[np.float64]:
    """Weights of a conditional logit: their proportions fuse the signals, their sum says how sharp the choice is."""
    examples = []
    for row in rows:
        ranking = engine.rank(row.question, previous=row.previous) if row.accepted else None
        if ranking is not None:
            ids = engine.ids(ranking)
            right = [n for n, id in zip(ranking.order, ids, strict=True) if id in row.accepted]
            if right:
                examples.append((ranking.signals, right))

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        total, slope = RIDGE * float(weights @ weights), 2 * RIDGE * weights
        for signals, right in examples:
            every, accepted = _softmax(signals @ weights), _softmax(signals[right] @ weights)
            total += (every[1] - accepted[1]) / len(examples)
            slope = slope + (every[0] @ signals - accepted[0] @ signals[right]) / len(examples)
        return total, slope

    start = np.full(len(SIGNALS), 5.0)
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[(0.0, None)] * len(SIGNALS))
    return np.asarray(found.x, dtype=np.float64)


def _softmax(scores: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Probabilities, and the logarithm of what they were divided by."""
    shares = np.exp(scores - scores.max())
    return shares / shares.sum(), float(scores.max() + np.log(shares.sum()))


def _examples(
    engine: SearchEngine, rows: list[Row]
) -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]:
    features, first_right, among_choices, in_scope = [], [], [], []
    for row in rows:
        ranking = engine.rank(row.question, previous=row.previous)
        if ranking is not None:
            ids = engine.ids(ranking)
            features.append(ranking.features)
            first_right.append(ids[0] in row.accepted)
            among_choices.append(any(id in row.accepted for id in ids[:CHOICES]))
            in_scope.append(row.article is not None)
    return np.array(features), np.array(first_right), np.array(among_choices), np.array(in_scope)


def _logistic(
    features: NDArray[np.float64], outcomes: NDArray[np.bool_], weights: NDArray[np.float64]
) -> tuple[Logistic, NDArray[np.float64]]:
    """The regression on all examples, and for each example the probability by one that has not seen it."""
    model = LogisticRegression(C=REGULARISATION, max_iter=5000)
    folds = StratifiedKFold(10, shuffle=True, random_state=0)
    unseen = cross_val_predict(
        model, features, outcomes, cv=folds, method="predict_proba", params={"sample_weight": weights}
    )[:, 1]
    model.fit(features, outcomes, sample_weight=weights)
    fitted = {name: round(float(weight), 4) for name, weight in zip(FEATURES, model.coef_[0], strict=True)}
    return Logistic(weights=fitted, intercept=round(float(model.intercept_[0]), 4)), unseen


def _lowest_threshold(
    probabilities: NDArray[np.float64], right: NDArray[np.bool_], in_scope: NDArray[np.bool_], out_of_scope: int
) -> float:
    """The lowest probability from which answers are right often enough and seldom go to a question of nobody's."""
    order = np.argsort(-probabilities)
    precisions = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    strays = np.cumsum(~in_scope[order]) / max(1, out_of_scope)
    enough = np.flatnonzero((precisions >= ANSWER_PRECISION) & (strays <= ANSWERED_OUT_OF_SCOPE))
    return round(float(probabilities[order[enough[-1]]]), 3) if len(enough) else 1.0


def write(encoder: Path, *, tenant: str) -> Calibration:
    """Fit for an encoder and store the result beside it."""
    content = load_content(ROOT, tenant=tenant, today=EVALUATION_DAY)
    engine = SearchEngine.build(ROOT, content, encoder=encoder, calibration=Calibration.unfitted())
    calibration = fit(engine, load_rows(ROOT / "evaluation" / "development.jsonl"))
    (encoder / FILE).write_text(calibration.model_dump_json(indent=2) + "\n", encoding="utf-8")
    return calibration


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--encoder", type=Path, default=ROOT / "encoder")
    parser.add_argument("--tenant", default="musterkreis")
    arguments = parser.parse_args()
    print(write(arguments.encoder, tenant=arguments.tenant).model_dump_json(indent=2))


if __name__ == "__main__":
    main()
