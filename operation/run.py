"""`make run`: prepares the data, starts all processes under supervisor, says when they are ready, stops cleanly."""

import ctypes
import logging
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import FrameType

import httpx

from operation.bootstrap import APP, ROOT, SetupError, say
from operation.processes import VAR, environment, load_secrets, processes, require_free_ports, write_configuration
from operation.train import ensure_model
from voice.settings import VoiceSettings

READY_SECONDS = 240
MINIMUM_FREE_GIGABYTES = 0.3
LOG = VAR / "lotse.log"
PR_SET_PDEATHSIG = 1


def main() -> int:
    """Serve until interrupted. Returns the exit status."""
    started = time.monotonic()
    try:
        with System.start() as system:
            system.wait_until_ready()
            system.print_addresses(time.monotonic() - started)
            return system.wait()
    except SetupError as error:
        print(f"\nLotse did not start: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


class System:
    """The running system: supervisor and its processes. A context manager that stops everything at its end."""

    def __init__(
        self, supervisor: subprocess.Popen[str], base_url: str, telephone_url: str, first_password: str | None
    ) -> None:
        self._supervisor = supervisor
        self.base_url = base_url
        self._telephone_url = telephone_url
        self._first_password = first_password
        self._stopping = False
        self._log = threading.Thread(target=self._copy_log, daemon=True)
        self._log.start()

    @classmethod
    def start(cls) -> "System":
        """Prepare the data and start the processes. Raises SetupError with one clear sentence."""
        require_space()
        load_secrets()
        from api.settings import get_settings  # noqa: PLC0415  (reads the secrets just put into the environment)

        settings = get_settings()
        wanted = processes(settings, Path("unknown until trained"))
        require_free_ports(wanted)
        model = ensure_model()
        step("Bringing the database to the newest state", prepare_database)
        password = first_account()
        configuration = write_configuration(processes(settings, model))
        say("Starting rasa, actions, api and telephone …")
        supervisor = subprocess.Popen(
            [str(APP / "bin" / "supervisord"), "--configuration", str(configuration)],
            cwd=ROOT,
            env=environment(settings),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,  # Ctrl-C reaches us alone; we stop the processes in order
            preexec_fn=die_with_parent,  # noqa: PLW1509  (no thread runs yet)
        )
        telephone = f"http://127.0.0.1:{VoiceSettings().voice_port}"
        return cls(supervisor, f"http://127.0.0.1:{settings.port}", telephone, password)

    def __enter__(self) -> "System":
        signal.signal(signal.SIGTERM, self._on_signal)
        signal.signal(signal.SIGINT, self._on_signal)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def wait_until_ready(self) -> None:
        """Wait for `/readyz` to say ready, telling what is still missing."""
        deadline = time.monotonic() + READY_SECONDS
        told = ""
        while time.monotonic() < deadline and not self._stopping:
            if self._supervisor.poll() is not None:
                raise SetupError(f"the process manager ended, see {LOG}.")
            waiting_for = self._waiting_for()
            if not waiting_for:
                return
            if waiting_for != told:
                say(f"Waiting for {waiting_for} …")
                told = waiting_for
            time.sleep(0.5)
        if self._stopping:
            raise KeyboardInterrupt
        raise SetupError(f"{told} did not get ready within {READY_SECONDS} s, see {LOG}.")

    def _waiting_for(self) -> str:
        try:
            answer = httpx.get(f"{self.base_url}/readyz", timeout=5, trust_env=False).json()
        except (httpx.HTTPError, ValueError):
            return "api (loads the knowledge)"
        missing = [name for name, state in answer["checks"].items() if state != "ok"]
        try:
            httpx.get(f"{self._telephone_url}/healthz", timeout=5, trust_env=False).raise_for_status()
        except httpx.HTTPError:
            missing.append("telephone")
        return ", ".join(missing)

    def print_addresses(self, seconds: float) -> None:
        """What a person opens now."""
        say(f"\nLotse is ready after {seconds:.0f} s.\n"
            f"  Example municipality with chat   {self.base_url}/\n"
            f"  Telephone in the browser         {self.base_url}/demo/phone\n"
            f"  Console for caseworkers          {self.base_url}/console\n"
            f"  Interface description            {self.base_url}/docs\n"
            f"  Log                              {LOG}")
        if self._first_password:
            say(f"  First account: sachbearbeitung, password {self._first_password} (kept in {FIRST_PASSWORD})")
        say("Ctrl-C stops everything.")

    def wait(self) -> int:
        """Until interrupted, or until the process manager ends by itself."""
        status = self._supervisor.wait()
        return 0 if self._stopping else status or 1

    def stop(self) -> None:
        """Stop all processes; nothing is left behind."""
        if self._supervisor.poll() is None:
            self._supervisor.terminate()
            try:
                self._supervisor.wait(timeout=25)
            except subprocess.TimeoutExpired:
                os.killpg(self._supervisor.pid, signal.SIGKILL)
                self._supervisor.wait()
        self._log.join(timeout=5)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        if not self._stopping:
            self._stopping = True
            print("\nStopping …", flush=True)
            self._supervisor.terminate()

    def _copy_log(self) -> None:
        handler = RotatingFileHandler(LOG, maxBytes=20_000_000, backupCount=5, encoding="utf-8")
        handler.setFormatter(logging.Formatter("%(message)s"))
        # A full disk must not stop this reader: the processes would hang on their pipe.
        handler.handleError = lambda record: None  # type: ignore[method-assign]
        assert self._supervisor.stdout is not None  # noqa: S101  (opened as a pipe above)
        for line in self._supervisor.stdout:
            handler.emit(logging.makeLogRecord({"msg": line.rstrip("\n")}))


FIRST_PASSWORD = VAR / "first-password"


def first_account() -> str | None:
    """Make the first account of the example municipality; its password is shown once and kept in a file."""
    from api.accounts.service import ensure_first_account  # noqa: PLC0415  (after the settings)
    from api.database import Database  # noqa: PLC0415
    from api.events import LocalEventBus  # noqa: PLC0415
    from api.settings import get_settings  # noqa: PLC0415

    settings = get_settings()
    database = Database(settings.database_url, LocalEventBus())
    with database.write() as session:
        password = ensure_first_account(session, settings.tenant, settings.admin_password)
    database.engine.dispose()
    if password:
        FIRST_PASSWORD.touch(mode=0o600)
        FIRST_PASSWORD.write_text(password + "\n")
    return password


def prepare_database() -> None:
    """Migrate in a process of its own: Alembic configures logging for its process."""
    done = subprocess.run([str(APP / "bin" / "python"), "-m", "api.migrate"], cwd=ROOT, capture_output=True, text=True,
                          check=False)
    if done.returncode != 0:
        raise SetupError(f"the database is not usable: {done.stderr.strip().splitlines()[-1:] or 'no message'}")


def step(title: str, work: Callable[[], None]) -> None:
    """Say what happens and how long it took."""
    started = time.monotonic()
    print(f"{title} …", end="", flush=True)
    work()
    print(f" {time.monotonic() - started:.1f} s")


def require_space() -> None:
    """A full disk gets one sentence before anything is written."""
    free = shutil.disk_usage(ROOT).free / 1e9
    if free < MINIMUM_FREE_GIGABYTES:
        raise SetupError(f"the disk of {ROOT} is full ({free:.2f} GB free).")


def die_with_parent() -> None:
    """Linux: supervisor gets SIGTERM when this process is killed, so that no process is left behind."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main())
