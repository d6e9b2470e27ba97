"""Piper out of process: asked as its server wants it, and no reason for silence when it is slow, broken or away."""

from __future__ import annotations

import asyncio
import io
import json
import threading
import time
import wave
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from voice.lines.line import SAMPLE_RATE
from voice.speaking.espeak import Espeak
from voice.speaking.piper import Piper
from voice.speaking.speech import Speech
from voice.speaking.voices import VoiceFailed


class Server(ThreadingHTTPServer):
    """What piper.http_server does, strict about what it is asked; `broken` says how it fails."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.broken = ""
        self.path = "/synthesize"
        self.asked: list[dict[str, object]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:  # noqa: N802
        self._answer(200, json.dumps({"voice": {"name": "de_DE-probe"}}).encode())

    def do_POST(self) -> None:  # noqa: N802
        wanted = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path != self.server.path:
            self._answer(404, b"")
            return
        assert isinstance(wanted["text"], str)
        assert wanted["text"].strip()
        assert isinstance(wanted["length_scale"], float)
        self.server.asked.append(wanted)
        match self.server.broken:
            case "error":
                self._answer(500, b"no")
            case "slow":
                time.sleep(1.5)
                self._answer(200, _wav())
            case "garbage":
                self._answer(200, b"<html>")
            case "silent":
                self._answer(200, _wav(0.0))
            case _:
                self._answer(200, _wav())

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Quiet."""


def _wav(level: float = 0.3) -> bytes:
    samples = np.sin(np.arange(22050) / 22050 * 2 * np.pi * 700) * level * 32767
    with io.BytesIO() as file:
        with wave.open(file, "wb") as out:
            out.setnchannels(1)
            out.setsampwidth(2)
            out.setframerate(22050)
            out.writeframes(samples.astype("<i2").tobytes())
        return file.getvalue()


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield running
    running.shutdown()
    running.server_close()


def test_piper_speaks_at_the_rate_of_the_line_and_slower_when_asked(server: Server) -> None:
    piper = Piper(server.url)
    audio = piper.say("Guten Tag.", pace=0.8)
    assert abs(len(audio) / 2 - SAMPLE_RATE) < SAMPLE_RATE * 0.15
    assert server.asked == [{"text": "Guten Tag.", "length_scale": 1.25}]
    assert "de_DE-probe" in piper.name


def test_an_older_server_is_asked_at_its_own_path(server: Server) -> None:
    server.path = "/"
    piper = Piper(server.url)
    assert piper.say("Guten Tag.")
    assert piper.say("Noch einmal.")
    assert len(server.asked) == 2


@pytest.mark.parametrize("broken", ["error", "slow", "garbage", "silent"])
def test_a_piper_that_fails_in_mid_call_is_replaced_by_espeak_and_left_alone_for_a_while(
    server: Server, broken: str
) -> None:
    speech = Speech(Piper(server.url, fails_after=0.5), fallback=Espeak())
    server.broken = broken
    audio = asyncio.run(speech.synthesise("Guten Tag. Wie kann ich helfen? Bitte sprechen Sie."))
    assert len(audio) > 2 * SAMPLE_RATE
    assert len(server.asked) == 1


def test_a_piper_that_came_back_speaks_again_after_its_rest(server: Server) -> None:
    piper = Piper(server.url, rest=0.0)
    server.broken = "error"
    with pytest.raises(VoiceFailed):
        piper.say("Guten Tag.")
    server.broken = ""
    assert piper.say("Guten Tag.")


def test_a_piper_that_was_never_there_is_a_failed_voice_and_not_a_failed_start() -> None:
    piper = Piper("http://127.0.0.1:9")
    with pytest.raises(VoiceFailed):
        piper.say("Guten Tag.")


def test_what_is_not_an_address_is_said_at_the_start() -> None:
    with pytest.raises(ValueError, match="LOTSE_VOICE_PIPER"):
        Piper("piper --model de")
