"""A whole system on free ports and in a folder of its own, started like `make run`: for tests and benchmarks."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

from operation.bootstrap import ROOT
from operation.train import ensure_model

START_SECONDS = 300
MONDAY_MORNING = "2026-11-23T09:30"  # inside the example's service hours, whenever tests run


class InstanceError(Exception):
    """The system did not reach the wanted state; the message holds the end of its output."""


@dataclass(frozen=True)
class Instance:
    """Addresses and data of a running system."""

    base_url: str
    rasa_url: str
    telephone_url: str
    folder: Path
    process: "subprocess.Popen[bytes]"

    @property
    def api(self) -> str:
        """Address of the public interface."""
        return f"{self.base_url}/api/v1"

    @property
    def first_password(self) -> str:
        """Password of the account `sachbearbeitung`."""
        return (self.folder / "first-password").read_text().strip()

    def secret(self, name: str) -> str:
        """A token between our own processes."""
        lines = (self.folder / "secrets.env").read_text().splitlines()
        return next(line.split("=", 1)[1] for line in lines if line.startswith(f"{name}="))

    def checks(self) -> dict[str, str]:
        """The checks of `/readyz`; empty where nobody answers."""
        try:
            answer: dict[str, dict[str, str]] = httpx.get(f"{self.base_url}/readyz", timeout=5, trust_env=False).json()
            return answer["checks"]
        except (httpx.HTTPError, ValueError, KeyError):
            return {}

    def wait_until(self, **wanted: str) -> None:
        """Wait for checks to show the wanted state, e.g. `dialogue="ok"`. Raises InstanceError."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise InstanceError(f"the system ended: {self.output()}")
            checks = self.checks()
            if all(checks.get(name) == state for name, state in wanted.items()):
                return
            time.sleep(0.3)
        raise InstanceError(f"waited in vain for {wanted}: {self.checks()}\n{self.output()}")

    def wait_for_telephone(self) -> None:
        """Wait until calls are taken. Raises InstanceError."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            try:
                if httpx.get(f"{self.telephone_url}/healthz", timeout=5, trust_env=False).is_success:
                    return
            except httpx.HTTPError:
                time.sleep(0.3)
        raise InstanceError(f"the telephone does not answer\n{self.output()}")

    def processes(self) -> dict[str, int]:
        """Process ids of our programs by name, as supervisor started them."""
        supervisor = (self.folder / "supervisord.pid").read_text().strip()
        command = ["ps", "-ww", "--ppid", supervisor, "-o", "pid=,args="]
        listing = subprocess.run(command, capture_output=True, text=True, check=False).stdout
        marks = {
            "api": "api.app", "actions": "rasa_sdk", "rasa": "rasa run", "voice": "voice.app",
            "recogniser": "voice.hearing.recogniser",
        }
        rows = [line.split(None, 1) for line in listing.splitlines()]
        found = {name: int(pid) for name, mark in marks.items() for pid, args in rows if mark in args}
        return {"supervisor": int(supervisor), **found}

    def output(self) -> str:
        """The last lines of output and log."""
        written = (path for path in (self.folder / "output", self.folder / "lotse.log") if path.exists())
        return "\n".join(path.read_text(errors="replace")[-3000:] for path in written)


@contextlib.contextmanager
def running_instance(folder: Path, **settings: str) -> Iterator[Instance]:
    """Start a system and stop it at the end; `settings` are further environment variables. Trains first if needed."""
    ensure_model()
    api_port, rasa_port, actions_port, voice_port, recogniser_port = (free_port() for _ in range(5))
    rasa_url = f"http://127.0.0.1:{rasa_port}"
    environment = {
        **os.environ,
        "LOTSE_VAR": str(folder),
        "LOTSE_DATABASE_URL": f"sqlite:///{folder / 'lotse.db'}",
        "LOTSE_PORT": str(api_port),
        "LOTSE_RASA_URL": rasa_url,
        "LOTSE_ACTIONS_PORT": str(actions_port),
        "LOTSE_VOICE_PORT": str(voice_port),
        "LOTSE_VOICE_RECOGNISER_PORT": str(recogniser_port),
        "LOTSE_TODAY": MONDAY_MORNING,
        "LOTSE_RATE_LIMIT": "0",
        **settings,
    }
    with (folder / "output").open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "operation.run"], cwd=ROOT, env=environment, stdout=output, stderr=output
        )
    instance = Instance(
        f"http://127.0.0.1:{api_port}", rasa_url, f"http://127.0.0.1:{voice_port}", folder, process
    )
    try:
        instance.wait_until(dialogue="ok", database="ok", knowledge="ok")
        instance.wait_for_telephone()
        yield instance
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=40)


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
