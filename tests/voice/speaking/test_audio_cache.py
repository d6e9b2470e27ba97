"""Sound that was made once: kept, found again, never in the way."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from voice.speaking.cache import AudioCache

AUDIO = bytes(range(256)) * 10


def test_what_was_kept_is_found_by_another_process(tmp_path: Path) -> None:
    AudioCache(tmp_path).put("frau", 1.0, "Guten Tag.", AUDIO)
    assert AudioCache(tmp_path).get("frau", 1.0, "Guten Tag.") == AUDIO


@pytest.mark.parametrize(
    "other", [("mann", 1.0, "Guten Tag."), ("frau", 0.8, "Guten Tag."), ("frau", 1.0, "Guten Tag")]
)
def test_another_voice_pace_or_text_is_another_sound(tmp_path: Path, other: tuple[str, float, str]) -> None:
    cache = AudioCache(tmp_path)
    cache.put("frau", 1.0, "Guten Tag.", AUDIO)
    assert cache.get(*other) is None


def test_the_text_stands_nowhere_in_the_folder(tmp_path: Path) -> None:
    AudioCache(tmp_path).put("frau", 1.0, "Erika Musterfrau", AUDIO)
    (file,) = tmp_path.iterdir()
    assert "Erika" not in file.name
    assert b"Erika" not in file.read_bytes()


@pytest.mark.parametrize("damage", [b"", b"x", b"x" * 17, b"x" * 2000])
def test_a_damaged_file_is_as_good_as_none(tmp_path: Path, damage: bytes) -> None:
    AudioCache(tmp_path).put("frau", 1.0, "Guten Tag.", AUDIO)
    (file,) = tmp_path.iterdir()
    file.write_bytes(damage)
    cache = AudioCache(tmp_path)
    assert cache.get("frau", 1.0, "Guten Tag.") is None
    cache.put("frau", 1.0, "Guten Tag.", AUDIO)
    assert AudioCache(tmp_path).get("frau", 1.0, "Guten Tag.") == AUDIO


def test_the_folder_never_grows_beyond_its_size_and_the_newest_stay(tmp_path: Path) -> None:
    cache = AudioCache(tmp_path, folder_bytes=20_000, memory_bytes=0)
    for number in range(40):
        cache.put("frau", 1.0, f"Satz {number}", AUDIO)
        for at, file in enumerate(sorted(tmp_path.iterdir(), key=lambda path: path.stat().st_mtime_ns)):
            os.utime(file, (at, at))
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 20_000
    assert cache.get("frau", 1.0, "Satz 39") == AUDIO
    assert cache.get("frau", 1.0, "Satz 0") is None


def test_memory_never_grows_beyond_its_size() -> None:
    cache = AudioCache(memory_bytes=3 * len(AUDIO))
    for number in range(10):
        cache.put("frau", 1.0, f"Satz {number}", AUDIO)
    cache.put("frau", 1.0, "zu groß", AUDIO * 4)
    kept = [number for number in range(10) if cache.get("frau", 1.0, f"Satz {number}")]
    assert kept == [7, 8, 9]
    assert cache.get("frau", 1.0, "zu groß") is None


def test_a_folder_that_cannot_be_written_costs_nothing_but_the_folder(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    cache = AudioCache(blocked)
    cache.put("frau", 1.0, "Guten Tag.", AUDIO)
    assert cache.get("frau", 1.0, "Guten Tag.") == AUDIO
    assert AudioCache(blocked).get("frau", 1.0, "Guten Tag.") is None


def test_a_full_disk_leaves_no_half_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    cache = AudioCache(tmp_path)
    monkeypatch.setattr(Path, "replace", full)
    cache.put("frau", 1.0, "Guten Tag.", AUDIO)
    assert list(tmp_path.iterdir()) == []
    assert cache.get("frau", 1.0, "Guten Tag.") == AUDIO


def test_threads_may_write_and_read_the_same_sound(tmp_path: Path) -> None:
    wrong: list[bytes | None] = []

    def work() -> None:
        cache = AudioCache(tmp_path, memory_bytes=0, folder_bytes=30_000)
        for number in range(50):
            cache.put("frau", 1.0, f"Satz {number % 8}", AUDIO)
            heard = cache.get("frau", 1.0, f"Satz {number % 8}")
            if heard not in (AUDIO, None):
                wrong.append(heard)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert wrong == []
    assert not [path for path in tmp_path.iterdir() if path.suffix == ".new"]
