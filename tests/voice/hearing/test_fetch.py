"""Getting a model: from a real server, compared, unpacked and tried; whatever is wrong leaves nothing behind."""

import functools
import hashlib
import json
import shutil
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from voice.hearing.fetch import FetchFailed, fetch
from voice.settings import SHIPPED_MODEL

NAME = "vosk-model-of-the-test"


@pytest.fixture
def publisher(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A server with the shipped model as its only one: address and folder."""
    folder = tmp_path / "published"
    shutil.copytree(SHIPPED_MODEL, folder / "packed" / NAME)
    shutil.make_archive(str(folder / NAME), "zip", folder / "packed")
    digest = hashlib.md5((folder / f"{NAME}.zip").read_bytes(), usedforsecurity=False).hexdigest()
    (folder / "model-list.json").write_text(json.dumps([{"name": NAME, "md5": digest}]))

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}", folder
    server.shutdown()


def test_a_listed_model_is_fetched_and_usable(publisher: tuple[str, Path], tmp_path: Path) -> None:
    address, _ = publisher
    target = fetch(NAME, tmp_path / "models", publisher=address, pinned={})
    assert (target / "am" / "final.mdl").exists()
    assert [entry.name for entry in (tmp_path / "models").iterdir()] == [NAME]


def test_another_checksum_is_refused(publisher: tuple[str, Path], tmp_path: Path) -> None:
    address, _ = publisher
    with pytest.raises(FetchFailed, match="not the published model"):
        fetch(NAME, tmp_path / "models", publisher=address, pinned={NAME: "0" * 64})
    assert list((tmp_path / "models").iterdir()) == []


def test_an_archive_that_holds_no_model_is_refused(publisher: tuple[str, Path], tmp_path: Path) -> None:
    address, folder = publisher
    (folder / f"{NAME}.zip").write_bytes(b"no archive")
    digest = hashlib.sha256(b"no archive").hexdigest()
    with pytest.raises(FetchFailed, match="holds no model"):
        fetch(NAME, tmp_path / "models", publisher=address, pinned={NAME: digest})
    assert list((tmp_path / "models").iterdir()) == []


def test_an_unknown_model_and_a_dead_publisher_are_one_sentence(publisher: tuple[str, Path], tmp_path: Path) -> None:
    address, _ = publisher
    with pytest.raises(FetchFailed, match="lists no model"):
        fetch("vosk-model-unknown", tmp_path / "models", publisher=address, pinned={})
    with pytest.raises(FetchFailed, match="not to be reached"):
        fetch(NAME, tmp_path / "models", publisher="http://127.0.0.1:9", pinned={})
