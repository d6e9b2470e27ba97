"""Gets an official German Vosk model where the internet is allowed: `make fetch-speech-model [MODEL=name]`.

The small model's SHA-256 is pinned here as others publish it; another model is compared with the MD5 that the
publisher lists beside it. What does not match is thrown away. Neither could be downloaded where this was written.
"""

import argparse
import hashlib
import shutil
import sys
import tempfile
import zipfile
from pathlib import Path

import httpx

from voice.hearing.model import ModelUnusable, require_usable
from voice.settings import VAR

PUBLISHER = "https://alphacephei.com/vosk/models"
SMALL = "vosk-model-small-de-0.15"
PINNED = {SMALL: "b7e53c90b1f0a38456f4cd62b366ecd58803cd97cd42b06438e2c131713d5e43"}
FOLDER = VAR / "speech-models"
CHUNK = 1 << 20


class FetchFailed(Exception):
    """The model could not be had; the message is the sentence for the operator."""


def fetch(name: str, folder: Path, *, publisher: str = PUBLISHER, pinned: dict[str, str] | None = None) -> Path:
    """Download, compare, unpack, try. Returns the model's directory. Raises FetchFailed and leaves nothing behind."""
    target = folder / name
    if target.exists():
        return target
    folder.mkdir(parents=True, exist_ok=True)
    known = PINNED if pinned is None else pinned
    with tempfile.TemporaryDirectory(dir=folder) as scratch, httpx.Client(follow_redirects=True, timeout=60) as client:
        try:
            algorithm = "sha256" if name in known else "md5"
            expected = known.get(name) or _listed(client, publisher, name)
            archive = Path(scratch) / "model.zip"
            found = _download(client, f"{publisher}/{name}.zip", archive, algorithm)
        except httpx.HTTPError as error:
            raise FetchFailed(f"{publisher} is not to be reached ({type(error).__name__}).") from error
        if found != expected:
            raise FetchFailed(f"The {algorithm} of {name}.zip is {found}, not {expected}: not the published model.")
        try:
            with zipfile.ZipFile(archive) as packed:
                packed.extractall(Path(scratch) / "unpacked")  # zipfile strips absolute paths and ".."
            require_usable(Path(scratch) / "unpacked" / name)
        except (zipfile.BadZipFile, ModelUnusable) as error:
            raise FetchFailed(f"{name}.zip holds no model: {error}") from error
        shutil.move(Path(scratch) / "unpacked" / name, target)
    return target


def _listed(client: httpx.Client, publisher: str, name: str) -> str:
    answer = client.get(f"{publisher}/model-list.json")
    answer.raise_for_status()
    listed = next((entry for entry in answer.json() if entry.get("name") == name), None)
    if listed is None:
        raise FetchFailed(f"{publisher} lists no model {name}.")
    return str(listed["md5"])


def _download(client: httpx.Client, url: str, archive: Path, algorithm: str) -> str:
    digest = hashlib.new(algorithm, usedforsecurity=False)
    with client.stream("GET", url) as answer, archive.open("wb") as file:
        answer.raise_for_status()
        for chunk in answer.iter_bytes(CHUNK):
            digest.update(chunk)
            file.write(chunk)
    return digest.hexdigest()


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", nargs="?", default=SMALL)
    try:
        target = fetch(parser.parse_args().name, FOLDER)
    except FetchFailed as error:
        print(error, file=sys.stderr)
        return 1
    print(f"The model lies in {target}. Start Lotse with LOTSE_VOSK_MODEL={target}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
