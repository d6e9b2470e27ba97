"""Listen to kept calls by figures: `python -m voice.rehearsal.listen FOLDER [--without-words]`.

FOLDER was filled by `python -m voice.rehearsal … --keep FOLDER`. Prints what is measured of Lotse's voice in each call,
the worst first, and draws `sheet.png` there. A developer's tool: real calls are never kept.
"""

import argparse
import sys
from pathlib import Path

from voice.hearing.model import ModelUnusable, SpeechModel
from voice.hearing.recogniser import Hearing
from voice.rehearsal.measures import Hear, Samples, measure, table
from voice.rehearsal.sheet import draw
from voice.rehearsal.tape import kept_calls
from voice.settings import get_settings

STEP_BYTES = 4800  # 300 ms, as the pipeline sends at most
AROUND = bytes(4800)  # silence before and after, so that no word is at the very edge


def recogniser(model: Path) -> Hear:
    """Our own recogniser, hearing without a grammar. Raises ModelUnusable."""
    hearing = Hearing(SpeechModel(model))

    def hear(sound: Samples) -> str:
        audio = AROUND + sound.astype("<i2").tobytes() + AROUND
        for at in range(0, len(audio), STEP_BYTES):
            hearing.accept(audio[at : at + STEP_BYTES])
        return " ".join(word["text"] for word in hearing.final()["words"])

    return hear


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--without-words", action="store_true", help="do not transcribe; much faster")
    arguments = parser.parse_args()
    calls = list(kept_calls(arguments.folder))
    if not calls:
        print(f"{arguments.folder} holds no kept calls")
        return 1
    hear = None
    if not arguments.without_words:
        try:
            hear = recogniser(get_settings().vosk_model)
        except ModelUnusable as error:
            print(f"nothing is transcribed: {error}")
    measured = {call.id: measure(call, hear) for call in calls}
    print(table(list(measured.values())))
    sheet = arguments.folder / "sheet.png"
    calls.sort(key=lambda call: measured[call.id].badness, reverse=True)
    print(f"spectrograms: {sheet}" if draw(calls, sheet) else "no picture: matplotlib is not installed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
