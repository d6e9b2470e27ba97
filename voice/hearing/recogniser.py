"""The recogniser process: Vosk behind a WebSocket on loopback, apart from the calls, so that a crash ends none of them.

One connection is one call. The client sends JSON and audio (signed 16 bit little-endian mono, 8 kHz):

    {"grammar": ["ja", "nein"]}   hear only these phrases from now on; null: everything. Drops the running utterance.
    <binary>                      audio; answered with {"partial": "…"} whenever the words so far changed
    {"final": true}               end of the utterance; answered with {"words": [{"text", "confidence", "start",
                                  "end"}], "free": "…"}, then the next begins. `free`: the same sound heard without
                                  the grammar; empty where none is in use

A connection is greeted with {"ready": true, "grammars": bool} or, without a usable model, {"ready": false, "error":
"…"}; then every utterance is empty.
"""

import asyncio
import json
import os
import signal
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import soxr
import structlog
import vosk
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from voice.hearing.heard import UNKNOWN
from voice.hearing.model import FREE, ModelUnusable, SpeechModel, require_usable
from voice.lines.line import SAMPLE_RATE
from voice.settings import VoiceSettings, get_settings

log = structlog.get_logger()

LARGEST_MESSAGE = 1 << 20
MOST_PHRASES = 5000


class Hearing:
    """One call's recogniser. Not thread-safe: one method at a time."""

    def __init__(self, model: SpeechModel) -> None:
        self._model = model
        self._main = Ear(model.recogniser())
        self._free: Ear | None = None  # listens beside a grammar, to what the grammar has no words for
        self._resample = None
        if model.rate != SAMPLE_RATE:
            self._resample = soxr.ResampleStream(SAMPLE_RATE, model.rate, 1, dtype="int16")
        self._partial = ""

    def use_grammar(self, phrases: list[str] | None) -> None:
        """Hear only these phrases, or everything. The running utterance is dropped."""
        self._forget()
        if not self._model.knows_grammars:
            return
        grammar = self._model.grammar(phrases or [])
        self._main.hear_only(grammar)
        if grammar is None:
            self._free = None
        elif self._free is None:
            self._free = Ear(self._model.recogniser())

    def accept(self, audio: bytes) -> str | None:
        """Take audio; the words so far if they changed."""
        if self._resample is not None:
            audio = self._resample.resample_chunk(np.frombuffer(audio, np.int16)).tobytes()
        if not audio:
            return None
        so_far = self._main.accept(audio)
        if self._free is not None:
            so_far = self._free.accept(audio)
        if so_far == self._partial:
            return None
        self._partial = so_far
        return so_far

    def final(self) -> dict[str, Any]:
        """The utterance's words; a new one begins."""
        words = self._main.final()
        free = self._free.final() if self._free is not None else []
        self._partial = ""
        if self._resample is not None:
            self._resample.clear()
        return {"words": words, "free": " ".join(word["text"] for word in free)}

    def _forget(self) -> None:
        self._main.forget()
        if self._free is not None:
            self._free.forget()
        self._partial = ""


class Ear:
    """One Vosk recogniser and the words it finished before the utterance was over."""

    def __init__(self, recogniser: "vosk.KaldiRecognizer") -> None:
        self._vosk = recogniser
        self._before: list[dict[str, Any]] = []

    def hear_only(self, grammar: str | None) -> None:
        """A safe grammar, or everything."""
        self._vosk.Reset()  # SetGrammar in mid-utterance would abort the process
        self._vosk.SetGrammar(grammar or FREE)

    def accept(self, audio: bytes) -> str:
        """Take audio; the words so far."""
        if self._vosk.AcceptWaveform(audio):  # Vosk's own end of utterance; ours is decided by the caller
            self._before += _words(self._vosk.Result())
            partial = ""
        else:
            partial = json.loads(self._vosk.PartialResult()).get("partial", "")
        heard = [*(word["text"] for word in self._before), *partial.split()]
        return " ".join(word for word in heard if word != UNKNOWN)

    def final(self) -> list[dict[str, Any]]:
        """The words of the utterance; a new one begins."""
        words = self._before + _words(self._vosk.FinalResult())
        self._before = []
        return words

    def forget(self) -> None:
        """Drop the running utterance."""
        self._vosk.Reset()
        self._before = []


def _words(result: str) -> list[dict[str, Any]]:
    return [
        {"text": word["word"], "confidence": word["conf"], "start": word["start"], "end": word["end"]}
        for word in json.loads(result).get("result", [])
    ]


class Recogniser:
    """The server. A model that cannot be loaded is said once in the log and to every client."""

    def __init__(self, settings: VoiceSettings) -> None:
        self._threads = ThreadPoolExecutor(settings.voice_recogniser_threads or os.cpu_count())
        self._model: SpeechModel | None = None
        self._trouble = ""
        try:
            require_usable(settings.vosk_model)
            self._model = SpeechModel(settings.vosk_model)
        except ModelUnusable as error:
            self._trouble = str(error)
            log.error("speech_model_unusable", problem=self._trouble)
        else:
            if not self._model.knows_grammars:
                log.warning("speech_model_without_grammars", model=str(settings.vosk_model))

    async def open(self, port: int) -> Server:
        """Listen on loopback."""
        return await serve(
            self._serve, "127.0.0.1", port, max_size=LARGEST_MESSAGE, compression=None, ping_interval=None
        )

    async def _serve(self, client: ServerConnection) -> None:
        model = self._model
        if model is None:
            await client.send(json.dumps({"ready": False, "error": self._trouble}))
            await client.close(1011, "no speech model")
            return
        run = asyncio.get_running_loop().run_in_executor
        hearing = await run(self._threads, Hearing, model)
        try:
            await client.send(json.dumps({"ready": True, "grammars": model.knows_grammars}))
            async for message in client:
                if isinstance(message, bytes):
                    partial = await run(self._threads, hearing.accept, message[: len(message) // 2 * 2])
                    if partial is not None:
                        await client.send(json.dumps({"partial": partial}, ensure_ascii=False))
                    continue
                order = _order(message)
                if order is None:
                    await client.close(1008, "unknown order")
                elif "grammar" in order:
                    await run(self._threads, hearing.use_grammar, order["grammar"])
                else:
                    answer = await run(self._threads, hearing.final)
                    await client.send(json.dumps(answer, ensure_ascii=False))
        except ConnectionClosed:
            pass


def _order(message: str) -> dict[str, Any] | None:
    try:
        order = json.loads(message)
    except ValueError:
        return None
    if not isinstance(order, dict):
        return None
    if order.get("final") is True:
        return {"final": True}
    phrases = order.get("grammar", False)
    if phrases is None:
        return {"grammar": None}
    if isinstance(phrases, list) and len(phrases) <= MOST_PHRASES and all(isinstance(p, str) for p in phrases):
        return {"grammar": phrases}
    return None


async def main() -> None:
    """Serve until told to stop."""
    settings = get_settings()
    recogniser = Recogniser(settings)
    server = await recogniser.open(settings.voice_recogniser_port)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()
    server.close()


if __name__ == "__main__":
    asyncio.run(main())
