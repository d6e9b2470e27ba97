"""Command: make the German speech model that is shipped in `voice/speech_model`, in whole or step by step.

    python -m voice.training [STEP …] [MODEL_DIR] [--work FOLDER] [--output FOLDER] [--files N] [--steps N]

Steps, in this order: `text` (sentences and vocabulary), `sound` (synthetic speech on telephone lines), `train`
(acoustic network), `language` (language model), `graph` (the Vosk model), `evaluate` (scores and model card). Without
a step all run. `evaluate MODEL_DIR` measures any Vosk model.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

from voice.training import MODEL, WORK, evaluation, sound, text

FILES = 21  # of 1,500 recordings: 26 hours of sound


def _text(arguments: argparse.Namespace) -> None:
    text.write(arguments.work / "text", text.collect())


def _sound(arguments: argparse.Namespace) -> None:
    texts = text.read(arguments.work / "text")
    sound.make_all(
        arguments.work / "sound", sentences=text.for_sound(texts), answers=texts.answers, words=texts.vocabulary,
        files=arguments.files,
    )  # fmt: skip


def _train(arguments: argparse.Namespace) -> None:
    from voice.training import acoustics  # noqa: PLC0415 - needs torch, measuring does not

    sound_made = acoustics.load(arguments.work / "sound")
    rounds = ((arguments.steps, acoustics.ROUNDS[0][1]),) if arguments.steps else acoustics.ROUNDS
    acoustics.train(sound_made, arguments.work, rounds=rounds)


def _language(arguments: argparse.Namespace) -> None:
    from voice.training import model  # noqa: PLC0415 - needs torch

    model.make_language(text.read(arguments.work / "text"), arguments.work)


def _graph(arguments: argparse.Namespace) -> None:
    from voice.training import model  # noqa: PLC0415 - needs torch

    model.make_graph(arguments.work, arguments.output)


def _evaluate(arguments: argparse.Namespace) -> None:
    folder = arguments.model or arguments.output
    evaluation.evaluate(folder, write=folder == arguments.output)


STEPS: dict[str, Callable[[argparse.Namespace], None]] = {
    "text": _text,
    "sound": _sound,
    "train": _train,
    "language": _language,
    "graph": _graph,
    "evaluate": _evaluate,
}


def main() -> None:
    """Reads the command line and runs the steps."""
    parser = argparse.ArgumentParser(prog="python -m voice.training", description=__doc__.splitlines()[0])
    parser.add_argument(
        "steps_or_model", nargs="*", metavar="STEP", help=f"{', '.join(STEPS)}; `evaluate` may name a model"
    )
    parser.add_argument("--work", type=Path, default=WORK, help="where everything between lies (%(default)s)")
    parser.add_argument("--output", type=Path, default=MODEL, help="where the model is written (%(default)s)")
    parser.add_argument("--files", type=int, default=FILES, help="files of sound (%(default)s)")
    parser.add_argument("--steps", type=int, default=0, help="steps of learning in one round (the recipe's rounds)")
    arguments = parser.parse_args()
    wanted = [word for word in arguments.steps_or_model if word in STEPS]
    models = [word for word in arguments.steps_or_model if word not in STEPS]
    if len(models) > 1 or (models and wanted != ["evaluate"]):
        parser.error(f"no such step: {models[0]}")
    arguments.model = Path(models[0]) if models else None
    arguments.work.mkdir(parents=True, exist_ok=True)
    for name in [step for step in STEPS if step in wanted] or list(STEPS):
        started = time.monotonic()
        STEPS[name](arguments)
        print(f"{name}: {(time.monotonic() - started) / 60:.1f} min", flush=True)


if __name__ == "__main__":
    main()
