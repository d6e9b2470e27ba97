"""`make test`: style, types, the dialogue's own checks and all tests, with times; ends at the first failure."""

import subprocess
import sys
import time

from operation.bootstrap import APP, RASA, ROOT, SetupError
from operation.train import ensure_model, rasa_environment

PYTHON = str(APP / "bin" / "python")
RASA_PYTHON = str(RASA / "bin" / "python")


def main() -> int:
    """Run everything. Returns the exit status of the first step that failed, else 0."""
    try:
        model = ensure_model()
    except SetupError as error:
        print(error, file=sys.stderr)
        return 1
    steps = {
        "ruff": [PYTHON, "-m", "ruff", "check", "."],
        "mypy": [PYTHON, "-m", "mypy"],
        # On a fixed day: with the new year amounts run out, which is an editor's matter and no fault of the code.
        "knowledge check": [PYTHON, "-m", "knowledge.check", "--today", "2026-11-21"],
        "rasa data validate": [RASA_PYTHON, "-m", "rasa", "data", "validate", "--config", "config.yml",
                               "--domain", "bot/domain", "--data", "bot/data", "--fail-on-warnings"],
        # --e2e: from the citizen's text; without it only the rules would be tested
        "conversation tests": [RASA_PYTHON, "-m", "rasa", "test", "core", "--e2e", "--model", str(model),
                               "--stories", "tests/conversations", "--out", "var/conversation-tests",
                               "--fail-on-prediction-errors", "--no-plot"],
        "dialogue tests": [RASA_PYTHON, "-m", "pytest", "-q", "tests/bot"],
        "tests": [PYTHON, "-m", "pytest", "--durations=10", "--ignore=tests/bot", *sys.argv[1:]],
    }
    for title, command in steps.items():
        started = time.monotonic()
        print(f"\n=== {title}", flush=True)
        environment = None
        if command[0] == RASA_PYTHON:
            environment = {**rasa_environment(), "LOTSE_DIALOGUE_MODEL": str(model)}
        status = subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
        print(f"=== {title}: {'passed' if status == 0 else f'FAILED ({status})'} in {time.monotonic() - started:.0f} s",
              flush=True)
        if status != 0:
            return status
    return 0


if __name__ == "__main__":
    sys.exit(main())
