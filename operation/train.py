"""Trains the dialogue model when what it is made from has changed; else keeps the one that is there."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

from operation.bootstrap import RASA, ROOT, SetupError, lock, say

MODELS = ROOT / "var" / "models"
KEPT = 3  # earlier models stay for a quick way back


def sources() -> list[Path]:
    """The files the model is made from. The actions and their sentences are not among them: they run beside it."""
    folders = [ROOT / "bot" / name for name in ("data", "domain", "nlu")]
    files = [path for folder in folders for path in folder.rglob("*") if path.suffix in {".yml", ".py", ".txt"}]
    encoder = [ROOT / "knowledge" / "encoder" / name for name in ("model.safetensors", "tokenizer.json")]
    return sorted([*files, *encoder, ROOT / "config.yml", lock("rasa")])


def fingerprint() -> str:
    """Names the model: the same sources give the same name."""
    digest = hashlib.sha256()
    for path in sources():
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def model_path() -> Path:
    """Where the model of the present sources lies, whether or not it is there."""
    return MODELS / f"dialogue-{fingerprint()}.tar.gz"


def ensure_model() -> Path:
    """The trained model of the present sources; trains it first where it is missing (about a minute)."""
    target = model_path()
    if target.exists():
        return target
    MODELS.mkdir(parents=True, exist_ok=True)
    say("Training the dialogue model (about a minute, only when bot/ or config.yml changed) …")
    done = subprocess.run(
        [str(RASA / "bin" / "python"), "-m", "rasa", "train", "--config", "config.yml", "--domain", "bot/domain",
         "--data", "bot/data", "--out", str(MODELS), "--fixed-model-name", target.name],
        cwd=ROOT, env=rasa_environment(), check=False,
    )
    if done.returncode != 0 or not target.exists():
        raise SetupError("the dialogue model could not be trained, see the message above.")
    for old in sorted(MODELS.glob("dialogue-*.tar.gz"), key=lambda path: path.stat().st_mtime)[:-KEPT]:
        old.unlink()
    return target


def rasa_environment() -> dict[str, str]:
    """Rasa quiet, reproducible and offline."""
    return {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "PYTHONWARNINGS": "ignore",
        "RASA_TELEMETRY_ENABLED": "false",
        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "",
        "PYTHONHASHSEED": "0",
    }


if __name__ == "__main__":
    try:
        say(f"The dialogue model is {ensure_model().relative_to(ROOT)}.")
    except SetupError as error:
        sys.exit(f"Training stopped: {error}")
