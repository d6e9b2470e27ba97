"""Makes the two Python environments from the lock files; needs nothing but a Python and package registries.

Runs under any Python from 3.8 on and imports only the standard library, because nothing is installed yet:
`python3 operation/bootstrap.py [--dev]`. Each environment is made anew only when its lock file changed.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
UV_LOCK = ROOT / "requirements" / "uv.lock"
UV_ENVIRONMENT = ROOT / "var" / "uv"
APP = ROOT / ".venv"
RASA = ROOT / ".venv-rasa"
NEEDED_GIGABYTES = 6.0  # both environments (4 GB), the trained dialogue, room to unpack
PROBE = "import sys, ssl, sqlite3, venv; raise SystemExit(sys.version_info[:2] != ({major}, {minor}))"


class SetupError(Exception):
    """Setup cannot go on; the message is the one sentence the operator reads."""


def main() -> int:
    """Make what is missing. Returns the exit status."""
    development = "--dev" in sys.argv[1:]
    try:
        if not environments_ready(development):
            require_disk_space()
            uv = find_uv()
            make_environment(uv, APP, app_lock(development), find_python(uv, "3.11", "LOTSE_PYTHON"), "application")
            make_environment(uv, RASA, lock("rasa"), find_python(uv, "3.10", "LOTSE_RASA_PYTHON"), "dialogue (Rasa)")
    except SetupError as error:
        print(f"\nSetup stopped: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nSetup stopped by you; run it again to go on.", file=sys.stderr)
        return 130
    return 0


def lock(name: str) -> Path:
    """The lock file of an environment: pinned requirements with hashes."""
    return ROOT / "requirements" / f"{name}.lock"


def app_lock(development: bool) -> Path:
    """`dev.lock` holds all of `app.lock` and the tools of the tests."""
    return lock("dev") if development or stamp_of(APP) == fingerprint(lock("dev")) else lock("app")


def environments_ready(development: bool) -> bool:
    """Whether both environments match their lock files."""
    return stamp_of(APP) == fingerprint(app_lock(development)) and stamp_of(RASA) == fingerprint(lock("rasa"))


def fingerprint(path: Path) -> str:
    """What an environment was made from."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def stamp_of(environment: Path) -> str:
    """The fingerprint an environment was made with; empty where there is none."""
    stamp = environment / "made-from"
    return stamp.read_text() if stamp.exists() and (environment / "bin" / "python").exists() else ""


def require_disk_space() -> None:
    """Fail early: a full disk in the middle of an installation gives confusing errors."""
    free = shutil.disk_usage(ROOT).free / 1e9
    if free < NEEDED_GIGABYTES:
        raise SetupError(f"{free:.1f} GB are free on the disk of {ROOT}, {NEEDED_GIGABYTES:.0f} GB are needed.")


def find_python(uv: str, version: str, setting: str) -> str:
    """A working interpreter: the setting, the path, pyenv's versions, one that uv installs."""
    chosen = os.environ.get(setting)
    if chosen:
        if works(chosen, version):
            return chosen
        raise SetupError(f"{setting}={chosen} is not a working Python {version}.")
    candidates = [sys.executable, *(str(Path(part) / f"python{version}") for part in os.get_exec_path())]
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    candidates += [str(path / "bin" / "python") for path in sorted(pyenv.glob(f"{version}.*"), reverse=True)]
    for candidate in candidates:
        if works(candidate, version):
            return candidate
    say(f"No Python {version} found, asking uv to install one …")
    subprocess.run([uv, "python", "install", version], env=uv_environment(), check=False)
    found = subprocess.run([uv, "python", "find", version], capture_output=True, text=True, check=False).stdout.strip()
    if found and works(found, version):
        return found
    raise SetupError(
        f"no Python {version} was found and none could be installed; install it (pyenv install {version}, or "
        f"uv python install {version} on a machine with internet) or name one by {setting}."
    )


def works(python: str, version: str) -> bool:
    """Whether the file is there, runs (pyenv's shims may not), and is the wanted version."""
    if not shutil.which(python):
        return False
    major, minor = version.split(".")
    probe = PROBE.format(major=major, minor=minor)
    try:
        return subprocess.run([python, "-c", probe], capture_output=True, check=False, timeout=30).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def find_uv() -> str:
    """The pinned uv in an environment of its own, else an installed one."""
    own = UV_ENVIRONMENT / "bin" / "uv"
    if own.exists():
        return str(own)
    say("Getting the installer (uv) …")
    made = subprocess.run([sys.executable, "-m", "venv", str(UV_ENVIRONMENT)], capture_output=True, check=False)
    if made.returncode == 0:
        got = subprocess.run(
            [str(UV_ENVIRONMENT / "bin" / "pip"), "install", "--quiet", "--require-hashes", "-r", str(UV_LOCK)],
            check=False,
        )
        if got.returncode == 0:
            return str(own)
    shutil.rmtree(UV_ENVIRONMENT, ignore_errors=True)
    installed = shutil.which("uv")
    if installed:
        return installed
    raise SetupError("uv could not be installed: Python's venv module is missing (apt install python3-venv) or the "
                     "package registry does not answer.")


def make_environment(uv: str, target: Path, lock_file: Path, python: str, title: str) -> None:
    """Make or renew one environment so that it holds exactly what the lock file says."""
    if stamp_of(target) == fingerprint(lock_file):
        return
    started = time.monotonic()
    say(f"Installing the {title} environment into {target.name} (some minutes the first time) …")
    environment = uv_environment()
    if not (target / "bin" / "python").exists():
        run_uv([uv, "venv", "--quiet", "--clear", "--python", python, str(target)], environment)
    install = [uv, "pip", "sync", "--python", str(target / "bin" / "python"), "--require-hashes", str(lock_file)]
    first_try = subprocess.run(install, env=environment, check=False)
    if first_try.returncode != 0:
        # The lock names the CPU build of torch, which the usual registry does not carry: uv knows where it lives.
        run_uv([*install, "--torch-backend", "cpu"], environment)
    (target / "made-from").write_text(fingerprint(lock_file))
    say(f"… done in {time.monotonic() - started:.0f} s.")


def same_disk() -> bool:
    """Whether uv's cache can be linked into the environment instead of copied."""
    cache = Path(os.environ.get("UV_CACHE_DIR") or Path.home() / ".cache")
    return cache.exists() and cache.stat().st_dev == ROOT.stat().st_dev


def uv_environment() -> dict[str, str]:
    """Settings for uv: what pip is configured with, which uv does not read, and the certificates the machine trusts.

    A district often has a registry of its own, behind a certificate of its own.
    """
    ours = {
        "UV_LINK_MODE": "hardlink" if same_disk() else "copy",
        "UV_SYSTEM_CERTS": "true",
        "UV_DEFAULT_INDEX": pip_setting("index-url"),
        "UV_FIND_LINKS": ",".join(pip_setting("find-links").split()),
        "SSL_CERT_FILE": pip_setting("cert"),
    }
    return {**{name: value for name, value in ours.items() if value}, **os.environ}


def pip_setting(name: str) -> str:
    """A setting of pip from the environment or its configuration files; empty where there is none."""
    pip = UV_ENVIRONMENT / "bin" / "pip"
    given = os.environ.get("PIP_" + name.upper().replace("-", "_"))
    if given or not pip.exists():
        return given or ""
    asked = subprocess.run(
        [str(pip), "config", "get", f"global.{name}"], capture_output=True, text=True, check=False
    )
    return asked.stdout.strip() if asked.returncode == 0 else ""


def run_uv(command: list[str], environment: dict[str, str]) -> None:
    """Run uv with its own progress on the terminal."""
    done = subprocess.run(command, env=environment, check=False, stderr=None)
    if done.returncode != 0:
        free = shutil.disk_usage(ROOT).free / 1e9
        hint = "the disk is full" if free < 0.5 else "see the message above (does the package registry answer?)"
        raise SetupError(f"an installation step failed: {hint}.")


def say(sentence: str) -> None:
    """One line of progress."""
    print(sentence, flush=True)


if __name__ == "__main__":
    sys.exit(main())
