"""What runs: the processes of Lotse, their commands and settings, under supervisor."""

import os
import secrets
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import make_url

from api.settings import Settings
from operation.bootstrap import APP, RASA, ROOT, SetupError
from operation.train import rasa_environment
from voice.settings import VoiceSettings

VAR = Path(os.environ.get("LOTSE_VAR") or ROOT / "var")
SECRETS = VAR / "secrets.env"
CONFIGURATION = VAR / "supervisord.conf"
ACTIONS_PORT = 5055
PORT_SETTINGS = {
    "api": "LOTSE_PORT",
    "rasa": "LOTSE_RASA_URL",
    "actions": "LOTSE_ACTIONS_PORT",
    "voice": "LOTSE_VOICE_PORT",
    "recogniser": "LOTSE_VOICE_RECOGNISER_PORT",
}


@dataclass(frozen=True)
class Process:
    """One program: name in the log, command, port it listens on."""

    name: str
    command: tuple[str, ...]
    port: int


def load_secrets() -> None:
    """Tokens between our own processes: made once, kept readable for the owner only, put into the environment."""
    VAR.mkdir(parents=True, exist_ok=True)
    stored = dict(line.split("=", 1) for line in SECRETS.read_text().splitlines()) if SECRETS.exists() else {}
    for name in ("LOTSE_SERVICE_TOKEN", "LOTSE_RASA_TOKEN"):
        stored.setdefault(name, secrets.token_urlsafe(32))
        os.environ.setdefault(name, stored[name])
    SECRETS.touch(mode=0o600)
    SECRETS.write_text("".join(f"{name}={value}\n" for name, value in stored.items()))


def processes(settings: Settings, model: Path) -> list[Process]:
    """All processes, in the order of their start."""
    app, rasa = str(APP / "bin" / "python"), str(RASA / "bin" / "python")
    telephone = VoiceSettings()
    rasa_port = urlsplit(settings.rasa_url).port or 5005
    return [
        Process("api", (app, "-m", "api.app"), settings.port),
        Process("recogniser", (app, "-m", "voice.hearing.recogniser"), telephone.voice_recogniser_port),
        Process("voice", (app, "-m", "voice.app"), telephone.voice_port),
        Process(
            "actions",
            (rasa, "-m", "rasa_sdk", "--actions", "bot.actions", "--port", str(actions_port())),
            actions_port(),
        ),
        Process(
            "rasa",
            (rasa, "-m", "rasa", "run", "--interface", "127.0.0.1", "--port", str(rasa_port),
             "--model", str(model), "--credentials", "bot/credentials.yml",
             "--endpoints", "bot/endpoints-redis.yml" if settings.redis_url else "bot/endpoints.yml"),
            rasa_port,
        ),
    ]


def actions_port() -> int:
    """Port of the action server."""
    return int(os.environ.get("LOTSE_ACTIONS_PORT", ACTIONS_PORT))


def environment(settings: Settings) -> dict[str, str]:
    """What every process gets: our settings, and Rasa's."""
    url = make_url(settings.database_url)
    tracker = url.set(drivername=url.get_backend_name())  # without our driver: Rasa has its own
    lock = urlsplit(settings.redis_url or "")
    return {
        **rasa_environment(),
        "PYTHONUNBUFFERED": "1",
        "LOTSE_API_URL": f"http://127.0.0.1:{settings.port}",
        "LOTSE_VOICE_URL": f"http://127.0.0.1:{VoiceSettings().voice_port}",
        "LOTSE_VAR": str(VAR),
        "LOTSE_ACTIONS_URL": f"http://127.0.0.1:{actions_port()}/webhook",
        "LOTSE_TRACKER_URL": tracker.render_as_string(hide_password=False),
        "LOTSE_LOCK_HOST": lock.hostname or "",
        "LOTSE_LOCK_PORT": str(lock.port or 6379),
        "SANIC_HOST": "127.0.0.1",  # the action server listens everywhere otherwise
    }


def write_configuration(wanted: Iterable[Process]) -> Path:
    """supervisor's configuration; every program writes into the one log, that of supervisor's own output."""
    sections = [
        f"[supervisord]\nnodaemon=true\nsilent=true\nlogfile={VAR}/supervisord.log\npidfile={VAR}/supervisord.pid\n"
    ]
    for process in wanted:
        command = " ".join(f'"{part}"' if " " in part else part for part in process.command).replace("%", "%%")
        sections.append(
            f"[program:{process.name}]\ncommand={command}\ndirectory={ROOT}\nautorestart=true\nstartsecs=3\n"
            "startretries=20\nstopasgroup=true\nkillasgroup=true\nstopwaitsecs=10\nredirect_stderr=true\n"
            "stdout_logfile=/dev/fd/1\nstdout_logfile_maxbytes=0\n"
        )
    CONFIGURATION.write_text("\n".join(sections))
    return CONFIGURATION


def require_free_ports(wanted: Iterable[Process]) -> None:
    """One clear sentence before anything starts."""
    for process in wanted:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", process.port))
            except OSError as error:
                setting = PORT_SETTINGS[process.name]
                raise SetupError(
                    f"port {process.port} ({process.name}) is taken by another program; stop it or choose another "
                    f"port with {setting}."
                ) from error
