"""How the shipped speech model is made: text, synthetic sound, acoustic model, language model, graph, evaluation.

`python -m voice.training` runs the whole recipe from the repository root; `python -m voice.training STEP …` runs
parts of it. The model hears synthetic voices on a telephone line: enough to run, demonstrate and test the telephone
offline. For the public an operator puts a model trained on people in its place (see `voice/speech_model/README.md`).
"""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TEXTS = Path(__file__).with_name("texts")
MODEL = ROOT / "voice" / "speech_model"
WORK = ROOT / "var" / "speech"
SEED = 2026
