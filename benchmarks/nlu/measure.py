"""How well the dialogue understands: cross-validation, messages of another author, what the threshold costs.

Runs in the dialogue's environment:

    .venv-rasa/bin/python -m benchmarks.nlu.measure            # five folds of config.yml; writes report.md, *.json
    .venv-rasa/bin/python -m benchmarks.nlu.measure --against benchmarks/nlu/diet.yml   # one split
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from matplotlib import pyplot
from sklearn.metrics import classification_report, confusion_matrix
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from bot.nlu.plain_text import plain
from bot.nlu.words_and_letters import WordsAndLetters, untrained

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
DATA = ROOT / "bot/data/nlu"
FOLDS = 5
SEED = 7
NOT_FOR_ENTITIES = (
    "bot.nlu.words_and_letters.WordsAndLetters", "FallbackClassifier", "bot.nlu.emergencies_first.EmergenciesFirst",
)  # fmt: skip
THRESHOLDS = (0.2, 0.25, 0.3, 0.35, 0.4, 0.5, 0.6)


def main() -> None:
    """Measure and write the report, or compare with another pipeline and print."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--against", type=Path, help="another pipeline, compared on one split (80:20)")
    against = arguments.parse_args().against
    with tempfile.TemporaryDirectory() as folder:
        if against:
            compare([ROOT / "config.yml", against], Path(folder))
        else:
            right, curve = intents_cross_validated()
            reports = {
                "intents": right,
                "messages": intents_of_messages(),
                "entities": entities_cross_validated(Path(folder)),
            }
            write_report(reports, curve)


def intents_cross_validated() -> tuple[dict[str, Any], list[tuple[float, float, float]]]:
    """The report over five folds of the German examples; per threshold the share above it and how many are right."""
    texts, intents = examples(sorted(DATA.glob("*.yml")))
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=SEED)
    model = untrained(WordsAndLetters.get_default_config())
    probabilities = cross_val_predict(model, texts, np.array(intents), cv=folds, method="predict_proba")
    names = np.array(sorted(set(intents)))
    guessed = names[probabilities.argmax(axis=1)]
    sure, right = probabilities.max(axis=1), guessed == np.array(intents)
    curve = [(limit, float((sure >= limit).mean()), float(right[sure >= limit].mean())) for limit in THRESHOLDS]
    draw(intents, guessed, names)
    return report_of(intents, guessed), curve


def intents_of_messages() -> dict[str, Any]:
    """The report over messages by somebody who saw only the intents' definitions; none of them is trained on."""
    texts, intents = examples(sorted(DATA.glob("*.yml")))
    known = {plain(text) for text in texts}
    rows = [json.loads(line) for line in (HERE / "messages.jsonl").read_text(encoding="utf-8").splitlines()]
    rows = [row for row in rows if plain(row["text"]) not in known]
    model = untrained(WordsAndLetters.get_default_config()).fit(texts, np.array(intents))
    return report_of([row["intent"] for row in rows], model.predict([row["text"] for row in rows]))


def report_of(intents: list[str], guessed: Any) -> dict[str, Any]:
    """scikit-learn's report, with what each intent was taken for."""
    report = classification_report(intents, guessed, output_dict=True, zero_division=0)
    for name, entry in report.items():
        if isinstance(entry, dict) and not name.endswith(" avg"):
            taken = Counter(
                str(guess) for intent, guess in zip(intents, guessed, strict=True) if intent == name != guess
            )
            entry["confused_with"] = dict(taken.most_common(2))
    return dict(report)


def draw(intents: list[str], guessed: Any, names: Any) -> None:
    """The confusion matrix as a picture: rows are what was meant, columns what was understood, shares of the row."""
    figure, axes = pyplot.subplots(figsize=(13, 12))
    matrix = confusion_matrix(intents, guessed, labels=names, normalize="true")
    axes.imshow(np.sqrt(matrix), cmap="Blues")  # the root makes rare mistakes visible
    axes.set_xticks(range(len(names)), names, rotation=90, fontsize=8)
    axes.set_yticks(range(len(names)), names, fontsize=8)
    axes.set_xlabel("understood")
    axes.set_ylabel("meant")
    figure.tight_layout()
    figure.savefig(HERE / "confusion.png", dpi=70)


def entities_cross_validated(folder: Path) -> dict[str, Any]:
    """The report of `rasa test nlu --cross-validation` over the intents that carry entities; without the classifier."""
    config = yaml.safe_load((ROOT / "config.yml").read_text(encoding="utf-8"))
    config["pipeline"] = [part for part in config["pipeline"] if part["name"] not in NOT_FOR_ENTITIES]
    (folder / "config.yml").write_text(yaml.safe_dump(config, allow_unicode=True), encoding="utf-8")
    data = folder / "data"
    data.mkdir()
    for file in sorted(DATA.glob("*.yml")):
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
        content["nlu"] = [block for block in content["nlu"] if "](" in block.get("examples", "")]
        (data / file.name).write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    rasa("test", "nlu", "--nlu", str(data), "--config", str(folder / "config.yml"), "--cross-validation",
         "--folds", str(FOLDS), "--out", str(folder), "--no-plot")  # fmt: skip
    return dict(json.loads((folder / "CRFEntityExtractor_report.json").read_text()))


def examples(files: list[Path]) -> tuple[list[str], list[str]]:
    """Texts without their annotations, and their intents."""
    texts, intents = [], []
    for file in files:
        for block in yaml.safe_load(file.read_text(encoding="utf-8"))["nlu"]:
            for line in block["examples"].splitlines() if "intent" in block else ():
                if line.startswith("- "):
                    texts.append(re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", line.removeprefix("- ")))
                    intents.append(block["intent"])
    return texts, intents


def compare(pipelines: list[Path], folder: Path) -> None:
    """Train each pipeline on the same four fifths and print how it does on the rest."""
    rasa("data", "split", "nlu", "--nlu", str(DATA), "--training-fraction", "0.8", "--random-seed", str(SEED),
         "--out", str(folder))  # fmt: skip
    for pipeline in pipelines:
        started = time.monotonic()
        rasa("train", "nlu", "--nlu", str(folder / "training_data.yml"), "--config", str(pipeline),
             "--out", str(folder), "--fixed-model-name", pipeline.stem)  # fmt: skip
        seconds = time.monotonic() - started
        out = folder / pipeline.stem
        rasa("test", "nlu", "--nlu", str(folder / "test_data.yml"), "--model", str(folder / f"{pipeline.stem}.tar.gz"),
             "--out", str(out), "--no-plot")  # fmt: skip
        intents = json.loads((out / "intent_report.json").read_text())
        entities = json.loads(next(out.glob("*Extractor_report.json"), out / "DIETClassifier_report.json").read_text())
        print(
            f"{pipeline.name}: intents macro F1 {intents['macro avg']['f1-score']:.3f}, accuracy "
            f"{intents['accuracy']:.3f}; entities micro F1 {entities['micro avg']['f1-score']:.3f}; "
            f"{intents['weighted avg']['support']} test messages; trained in {seconds:.0f} s"
        )


def write_report(reports: dict[str, dict[str, Any]], curve: list[tuple[float, float, float]]) -> None:
    """Trimmed JSON for machines, report.md for people."""
    for kind, report in reports.items():
        trimmed = {name: rounded(entry) for name, entry in sorted(report.items())}
        (HERE / f"{kind}.json").write_text(json.dumps(trimmed, indent=1, ensure_ascii=False) + "\n")
    lines = [
        "# Understanding, measured",
        "",
        f"{FOLDS}-fold cross-validation over the German examples of `bot/data/nlu`; written by "
        "`python -m benchmarks.nlu.measure`. What the figures mean and what they do not: [README.md](README.md).",
        "",
        *summary("Intents", reports["intents"], "macro avg"),
        "![who is taken for whom](confusion.png)",
        "",
        *table(reports["intents"]),
        "",
        *summary("Intents of messages by another author", reports["messages"], "macro avg"),
        *table(reports["messages"]),
        "",
        *summary("Entities", reports["entities"], "micro avg"),
        *table(reports["entities"]),
        "",
        "## What the threshold costs",
        "",
        "Below the threshold a message counts as uncertain, and the knowledge search decides.",
        "",
        "| threshold | above it | of those right |",
        "|---|---|---|",
        *(f"| {limit:.2f} | {share:.1%} | {right:.1%} |" for limit, share, right in curve),
    ]
    (HERE / "report.md").write_text("\n".join(lines) + "\n")
    print(f"Written: {HERE / 'report.md'}")


def summary(title: str, report: dict[str, Any], average: str) -> list[str]:
    """The heading and one sentence."""
    figures = report[average]
    kind = average.removesuffix(" avg").capitalize()
    return [
        f"## {title}",
        "",
        f"{kind} F1 **{figures['f1-score']:.3f}** (precision {figures['precision']:.3f}, "
        f"recall {figures['recall']:.3f}) over {figures['support']} examples.",
        "",
    ]


def table(report: dict[str, Any]) -> list[str]:
    """One row for each label, the worst first."""
    rows = [(name, entry) for name, entry in report.items() if isinstance(entry, dict) and not name.endswith(" avg")]
    rows.sort(key=lambda row: float(row[1]["f1-score"]))
    lines = ["| | precision | recall | F1 | examples | taken for |", "|---|---|---|---|---|---|"]
    for name, entry in rows:
        confused = ", ".join(f"{other} ({count})" for other, count in entry.get("confused_with", {}).items())
        lines.append(
            f"| {name} | {entry['precision']:.2f} | {entry['recall']:.2f} | {entry['f1-score']:.2f} "
            f"| {entry['support']:.0f} | {confused} |"
        )
    return lines


def rounded(entry: Any) -> Any:
    """Three decimals are more than the data carry."""
    if isinstance(entry, dict):
        return {key: rounded(value) for key, value in entry.items()}
    return round(entry, 3) if isinstance(entry, float) else entry


def rasa(*arguments: str) -> None:
    """Run one command of Rasa, quietly; its output is shown where it fails."""
    environment = os.environ | {
        "PYTHONPATH": str(ROOT),
        "PYTHONWARNINGS": "ignore",
        "RASA_TELEMETRY_ENABLED": "false",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "",
    }
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "rasa", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"rasa {' '.join(arguments)} failed:\n{done.stderr[-2000:]}")


if __name__ == "__main__":
    main()
