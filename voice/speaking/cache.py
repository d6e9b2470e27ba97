"""Audio that was made once: in memory, and in a folder that outlives the process.

Only what is marked as cacheable comes here, never a name or a number of a caller. A full disk, a damaged file or a
folder that cannot be written costs the cache and nothing else.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
import threading
from collections import OrderedDict
from pathlib import Path

_DIGEST = 16
_SUFFIX = ".s16"
MEMORY_BYTES = 24 * 2**20  # about 25 minutes of speech
FOLDER_BYTES = 200 * 2**20  # all articles and prompts of a tenant in two paces take a quarter of it


class AudioCache:
    """PCM by voice, pace and text. Any thread may ask. Without a folder it only remembers."""

    def __init__(
        self, folder: Path | None = None, *, memory_bytes: int = MEMORY_BYTES, folder_bytes: int = FOLDER_BYTES
    ) -> None:
        self._folder = folder
        self._memory_bytes = memory_bytes
        self._folder_bytes = folder_bytes
        self._lock = threading.Lock()
        self._memory: OrderedDict[str, bytes] = OrderedDict()
        self._held = 0
        self._written: int | None = None  # bytes in the folder, as far as known

    def get(self, voice: str, pace: float, text: str) -> bytes | None:
        """The audio, or None."""
        key = _key(voice, pace, text)
        with self._lock:
            if key in self._memory:
                self._memory.move_to_end(key)
                return self._memory[key]
        audio = self._read(key)
        if audio is not None:
            self._remember(key, audio)
        return audio

    def put(self, voice: str, pace: float, text: str, audio: bytes) -> None:
        """Keep the audio."""
        key = _key(voice, pace, text)
        self._remember(key, audio)
        with contextlib.suppress(OSError):
            self._write(key, audio)

    def _remember(self, key: str, audio: bytes) -> None:
        if len(audio) > self._memory_bytes:
            return
        with self._lock:
            self._held += len(audio) - len(self._memory.pop(key, b""))
            self._memory[key] = audio
            while self._held > self._memory_bytes:
                self._held -= len(self._memory.popitem(last=False)[1])

    def _read(self, key: str) -> bytes | None:
        if self._folder is None:
            return None
        try:
            data = (self._folder / f"{key}{_SUFFIX}").read_bytes()
        except OSError:
            return None
        audio = data[_DIGEST:]
        return audio if len(audio) % 2 == 0 and _digest(audio) == data[:_DIGEST] else None

    def _write(self, key: str, audio: bytes) -> None:
        if self._folder is None or len(audio) > self._folder_bytes:
            return
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, name = tempfile.mkstemp(dir=self._folder, suffix=".new")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(_digest(audio) + audio)
            Path(name).replace(self._folder / f"{key}{_SUFFIX}")
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise
        self._make_room(len(audio) + _DIGEST)

    def _make_room(self, added: int) -> None:
        """Drop the oldest files once the folder holds too much, down to four fifths."""
        with self._lock:
            if self._written is not None:
                self._written += added
                if self._written <= self._folder_bytes:
                    return
            assert self._folder is not None  # noqa: S101
            found = []
            for path in self._folder.iterdir():
                with contextlib.suppress(OSError):
                    state = path.stat()
                    found.append((state.st_mtime, state.st_size, path))
            total = sum(size for _, size, _ in found)
            if total > self._folder_bytes:
                for _, size, path in sorted(found):
                    if total <= self._folder_bytes * 4 // 5:
                        break
                    with contextlib.suppress(OSError):
                        path.unlink()
                        total -= size
            self._written = total


def _key(voice: str, pace: float, text: str) -> str:
    said = f"{voice}\0{pace:.2f}\0{text}".encode()
    return hashlib.blake2b(said, digest_size=20).hexdigest()


def _digest(audio: bytes) -> bytes:
    return hashlib.blake2b(audio, digest_size=_DIGEST).digest()
