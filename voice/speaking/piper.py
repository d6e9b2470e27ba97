"""Piper as the voice: a neural voice the operator runs as a process of its own and names in `LOTSE_VOICE_PIPER`.

Piper is under the GPL and its voices have licences of their own, so nothing of it is part of Lotse: we speak HTTP to
`python -m piper.http_server --host 127.0.0.1 -m de_DE-…` (piper-tts 1.8; `/` instead of `/synthesize` in older ones).
That server listens on every address unless told otherwise and shows the last sentence at `/info`: keep it on loopback.
Tried against the real server with a stand-in for a voice; how a real German voice sounds on the line was not.
"""

from __future__ import annotations

import io
import time

import httpx
import numpy as np
import soundfile

from voice.speaking.sound import prepared
from voice.speaking.voices import VoiceFailed

FAILS_AFTER_SECONDS = 3.0  # a sentence takes Piper 0.1 to 0.5 s on one core
REST_SECONDS = 30.0  # after a failure the voice behind it speaks at once, instead of after a wait for every sentence
_MOST_BYTES = 20 * 2**20


class Piper:
    """The voice of the Piper server at `url`. Any thread may ask."""

    def __init__(self, url: str, *, fails_after: float = FAILS_AFTER_SECONDS, rest: float = REST_SECONDS) -> None:
        """`fails_after`, `rest`: seconds. Raises ValueError for what is not an address."""
        address = httpx.URL(url)
        if address.scheme not in ("http", "https") or not address.host:
            raise ValueError(f"LOTSE_VOICE_PIPER ist keine Adresse: {url}")
        self._url = str(address).rstrip("/")
        self._client = httpx.Client(timeout=httpx.Timeout(fails_after, connect=1.0), trust_env=False)
        self._rest = rest
        self._resting_until = 0.0
        self._path = "/synthesize"
        self.name = f"piper-{address.host}:{address.port}-{self._voice_name()}"

    def say(self, text: str, *, pace: float = 1.0) -> bytes:
        """PCM at 8 kHz. Raises VoiceFailed, at once while it rests after a failure."""
        if not text.strip():
            return b""
        if time.monotonic() < self._resting_until:
            raise VoiceFailed("Piper ruht nach einem Fehler")
        try:
            return self._asked(text, pace)
        except (httpx.HTTPError, RuntimeError, ValueError) as error:
            self._resting_until = time.monotonic() + self._rest
            raise VoiceFailed(f"Piper antwortet nicht brauchbar: {type(error).__name__}") from error

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _asked(self, text: str, pace: float) -> bytes:
        wanted = {"text": text, "length_scale": round(1 / pace, 2)}
        answer = self._client.post(self._url + self._path, json=wanted)
        if answer.status_code in (404, 405) and self._path != "/":
            self._path = "/"
            answer = self._client.post(self._url + self._path, json=wanted)
        answer.raise_for_status()
        if len(answer.content) > _MOST_BYTES:
            raise ValueError("too much sound for a sentence")
        samples, rate = soundfile.read(io.BytesIO(answer.content), dtype="int16", always_2d=True)
        audio = prepared(samples.mean(1).astype(np.int16), rate)
        if not audio:
            raise ValueError("silence")
        return audio

    def _voice_name(self) -> str:
        """The name of the voice, so that the cache keeps two voices apart; empty where the server does not say."""
        try:
            return str(self._client.get(f"{self._url}/info").json()["voice"]["name"])
        except (httpx.HTTPError, ValueError, KeyError, TypeError):
            return ""
