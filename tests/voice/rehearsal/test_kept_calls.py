"""A rehearsed call can be kept and listened to: both directions in time, and what is broken in the voice is found."""

import asyncio
import sys
import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from voice.lines.line import FRAME_BYTES, SAMPLE_RATE
from voice.rehearsal import listen
from voice.rehearsal.measures import holes, letters_of, longest_silence, measure, outside_band, spoken, table
from voice.rehearsal.tape import KeptCall, SaidLine, Tape, kept_calls
from voice.rehearsal.taped import Taped


def tone(hertz: float, seconds: float, level: float = 8000.0) -> np.ndarray:
    """A sine that begins and ends gently."""
    at = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    fade = np.minimum(1, np.minimum(at, seconds - at) / 0.02)
    return (level * fade * np.sin(2 * np.pi * hertz * at)).astype(np.int16)


def silence(seconds: float) -> np.ndarray:
    return np.zeros(int(seconds * SAMPLE_RATE), np.int16)


def call(lotse: np.ndarray, *said: SaidLine, cuts: tuple[float, ...] = ()) -> KeptCall:
    return KeptCall("one", np.zeros_like(lotse), lotse, said, cuts)


class Clock:
    """A clock that is set."""

    now = 5.0

    def __call__(self) -> float:
        return self.now


# --- the tape


def test_both_directions_lie_on_one_time_line(tmp_path: Path) -> None:
    clock = Clock()
    tape = Tape(clock)
    for number in range(100):
        clock.now = 5.0 + number * 0.02
        tape.caller_says(b"\1\0" * 160)
        if not 20 <= number < 50:  # for 600 ms nothing came from Lotse
            tape.lotse_says(b"\2\0" * 160)
    tape.said("lotse", "Guten Tag.")
    tape.cut()
    path = tape.keep(tmp_path / "new", "hears/../it")
    assert path.name == "hears____it.wav"
    (kept,) = kept_calls(path.parent)
    assert kept.id == "hears/../it"
    assert len(kept.caller) == len(kept.lotse) == 100 * 160
    assert set(kept.caller) == {1}
    frames = kept.lotse.reshape(-1, 160)[:, 0]
    assert list(np.flatnonzero(frames == 0)) == list(range(20, 50))
    assert kept.said == (SaidLine(1.98, "lotse", "Guten Tag."),)
    assert kept.cuts == (1.98,)


def test_a_little_jitter_tears_nothing() -> None:
    clock = Clock()
    tape = Tape(clock)
    dice = np.random.default_rng(1)
    for number in range(200):
        clock.now = 5.0 + number * 0.02 + dice.uniform(0, 0.055)
        tape.lotse_says(b"\2\0" * 160)
    assert bytes(tape._lotse.audio) == b"\2\0" * 160 * 200


def test_a_taped_connection_passes_everything_on() -> None:
    class Connection:
        """Says a word, is spoken to, hangs up."""

        over, transferred_to = False, "4711"

        async def open(
            self,
            *,
            ear: Callable[[bytes], None],
            shown: Callable[[dict[str, object]], None],
            mouth: Callable[[bytes], bytes],
        ) -> None:
            self.mouth = mouth
            ear(b"\5" * FRAME_BYTES)
            shown({"type": "transcript", "role": "lotse", "text": "Hallo.", "final": True})
            shown({"type": "transcript", "role": "caller", "text": "ha", "final": False})
            shown({"type": "flush"})

        async def speak(self, audio: bytes) -> None:
            self.sent = self.mouth(audio)

        async def press(self, key: str) -> None:
            self.key = key

        async def hang_up(self) -> None:
            self.over = True

    async def run() -> None:
        inner, tape = Connection(), Tape()
        taped = Taped(inner, tape)
        heard: list[bytes] = []
        shown: list[dict[str, object]] = []
        await taped.open(ear=heard.append, shown=shown.append, mouth=lambda frame: frame[::-1])
        await taped.speak(b"\1\2" * 160)
        await taped.press("5")
        await taped.hang_up()
        assert (inner.sent, inner.key, taped.over, taped.transferred_to) == (b"\2\1" * 160, "5", True, "4711")
        assert heard == [b"\5" * FRAME_BYTES] and len(shown) == 3
        assert bytes(tape._caller.audio) == b"\2\1" * 160
        assert [line.text for line in tape._said] == ["Hallo."] and len(tape._cuts) == 1

    asyncio.run(run())


# --- the measures


def test_clipping_and_level_are_counted_on_lotses_side_alone() -> None:
    loud = np.full(800, 32767, np.int16)
    kept = KeptCall("one", loud, tone(1000, 0.1, 16384), (), ())
    assert measure(kept).clipped == 0
    assert measure(kept).peak_db == pytest.approx(-6.0, abs=0.1)
    both_ends = np.concatenate([loud[:3], -loud[:2], silence(0.1)])
    assert measure(call(both_ends)).clipped == 5


def test_the_longest_silence_inside_a_speech_is_found_and_none_between_speeches() -> None:
    sound = np.concatenate([tone(500, 0.5), silence(0.7), tone(500, 0.5), silence(3), tone(500, 0.5), silence(1)])
    said = (SaidLine(0.0, "lotse", "Eins."), SaidLine(0.01, "lotse", "Zwei."), SaidLine(4.6, "lotse", "Drei."))
    assert longest_silence(sound[: int(2 * SAMPLE_RATE)]) == pytest.approx(0.7, abs=0.03)
    assert measure(call(sound, *said)).pause == pytest.approx(0.7, abs=0.03)


def test_a_torn_voice_is_a_hole_and_a_pause_or_an_interruption_is_none() -> None:
    voice = tone(440, 2.0)
    torn = voice.copy()
    torn[4010:4330] = 0
    torn[8013:8173] = 0
    assert holes(torn) == 2
    assert holes(np.concatenate([voice, silence(0.2), voice])) == 0
    assert holes(np.concatenate([voice[:4010], silence(3), voice])) == 0
    assert holes(silence(1)) == 0


def test_energy_outside_the_band_is_told_by_side() -> None:
    assert outside_band(tone(1000, 1.0)) == pytest.approx((0, 0), abs=0.01)
    low, high = outside_band(np.concatenate([tone(100, 1.0), tone(3800, 1.0)]))
    assert low == pytest.approx(0.5, abs=0.02) and high == pytest.approx(0.5, abs=0.02)
    assert outside_band(silence(1)) == (0.0, 0.0)


def test_words_are_compared_as_they_are_spoken_and_interrupted_ones_not_at_all() -> None:
    sound = np.concatenate([tone(500, 1.0), silence(1), tone(500, 1.0), silence(1), tone(500, 1.0), silence(1)])
    said = (
        SaidLine(0.0, "lotse", "Um 10 Uhr."), SaidLine(1.5, "caller", "ja"),
        SaidLine(2.0, "lotse", "Das dauert lange."), SaidLine(4.0, "lotse", "Gut."),
    )  # fmt: skip
    kept = call(sound, *said, cuts=(3.05,))
    assert [(speech.words, speech.cut) for speech in spoken(kept)] == [
        ("Um 10 Uhr.", False), ("Das dauert lange.", True), ("Gut.", False)
    ]  # fmt: skip
    heard = iter(["um zehn uhr", "gut gut"])
    found = measure(kept, lambda _: next(heard))
    assert (found.wrong, found.letters, found.cuts) == (3, len("umzehnuhrgut"), 1)
    assert letters_of("10 Uhr") == "zehnuhr"


def test_a_call_that_ends_in_mid_sentence_counts_as_cut() -> None:
    assert [speech.cut for speech in spoken(call(tone(500, 1.0), SaidLine(0.0, "lotse", "Guten")))] == [True]


def test_the_worst_call_stands_first() -> None:
    good = measure(call(tone(500, 1.0)))
    torn = tone(440, 1.0)
    torn[4010:4330] = 0
    bad = measure(KeptCall("torn", torn, torn, (), ()))
    lines = table([good, bad]).splitlines()
    assert lines[1].startswith("torn") and lines[2].startswith("one")


# --- the command


def test_the_command_prints_its_table_and_draws_a_sheet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["listen", str(tmp_path), "--without-words"])
    assert listen.main() == 1
    tape = Tape()
    tape.lotse_says(tone(500, 1.0).tobytes())
    tape.keep(tmp_path, "one")
    assert listen.main() == 0
    assert "one" in capsys.readouterr().out
    pytest.importorskip("matplotlib")
    assert (tmp_path / "sheet.png").read_bytes().startswith(b"\x89PNG")


def test_a_sound_that_is_no_kept_call_is_refused(tmp_path: Path) -> None:
    with wave.open(str(tmp_path / "mono.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(320))
    with pytest.raises(ValueError, match="stereo"):
        list(kept_calls(tmp_path))
