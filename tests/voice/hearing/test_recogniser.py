"""The recogniser process: grammars switch in a call, hostile clients harm nobody, and a bad model is one sentence."""

import asyncio
import json
import shutil
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path

import numpy as np
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from voice.hearing.model import ModelUnusable, require_usable
from voice.hearing.recogniser import Recogniser
from voice.lines.line import FRAME_BYTES
from voice.rehearsal.voices import say
from voice.settings import SHIPPED_MODEL, VoiceSettings

VOICE = "de+f5"  # never trained on
YES_NO = ["ja", "nein", "ja bitte", "nein danke", "[unk]"]


def with_recogniser(work: Callable[[str], Awaitable[None]], model: Path = SHIPPED_MODEL) -> None:
    """Run the work against a server of its own."""

    async def run() -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        recogniser = Recogniser(VoiceSettings(vosk_model=model))
        server = await recogniser.open(port)
        try:
            await asyncio.wait_for(work(f"ws://127.0.0.1:{port}"), 60)
        finally:
            server.close()
            await server.wait_closed()

    asyncio.run(run())


async def heard(call: ClientConnection, audio: bytes) -> dict[str, object]:
    """What the recogniser makes of an utterance."""
    for start in range(0, len(audio), FRAME_BYTES * 3):
        await call.send(audio[start : start + FRAME_BYTES * 3])
    await call.send('{"final": true}')
    while True:
        answer: dict[str, object] = json.loads(await call.recv())
        if "words" in answer:
            return answer


def text(answer: dict[str, object]) -> str:
    return " ".join(word["text"] for word in answer["words"])  # type: ignore[attr-defined]


def utterance(words: str) -> bytes:
    return bytes(4800) + say(VOICE, words) + bytes(4800)


def test_free_speech_then_a_grammar_then_free_speech_again() -> None:
    async def work(url: str) -> None:
        async with connect(url, proxy=None) as call:
            assert json.loads(await call.recv()) == {"ready": True, "grammars": True}
            assert "termin" in text(await heard(call, utterance("ich brauche einen termin")))
            await call.send(json.dumps({"grammar": YES_NO}))
            assert text(await heard(call, utterance("ja"))) == "ja"
            assert "termin" not in text(await heard(call, utterance("ich brauche einen termin")))
            await call.send('{"grammar": null}')
            assert "termin" in text(await heard(call, utterance("ich brauche einen termin")))

    with_recogniser(work)


def test_beside_a_grammar_the_same_sound_is_heard_freely() -> None:
    async def work(url: str) -> None:
        async with connect(url, proxy=None) as call:
            await call.recv()
            await call.send(json.dumps({"grammar": YES_NO}))
            answer = await heard(call, utterance("nein ich möchte einen anderen termin"))
            assert "[unk]" in text(answer)
            assert "termin" in str(answer["free"])

    with_recogniser(work)


def test_a_grammar_in_mid_utterance_is_taken_and_crashes_nothing() -> None:
    async def work(url: str) -> None:
        async with connect(url, proxy=None) as call:
            await call.recv()
            await call.send(utterance("ich brauche einen"))
            await call.send(json.dumps({"grammar": YES_NO}))
            assert text(await heard(call, utterance("nein"))) == "nein"

    with_recogniser(work)


@pytest.mark.parametrize("order", [
    "{", "[]", "5", '{"grammar": "[]"}', '{"grammar": [5]}', '{"final": 1}', '{"grammar": {}}', '{"other": 1}',
])
def test_what_is_no_order_ends_that_connection_alone(order: str) -> None:
    async def work(url: str) -> None:
        async with connect(url, proxy=None) as other, connect(url, proxy=None) as call:
            await other.recv()
            await call.recv()
            await call.send(order)
            with pytest.raises(ConnectionClosed):
                await call.recv()
            assert "termin" in text(await heard(other, utterance("ich brauche einen termin")))

    with_recogniser(work)


@pytest.mark.parametrize("grammar", [[], [""], ["[unk]"], ["qqqq xxyy"], ['"]\\', "ja"], ["\u0000"]])
def test_grammars_that_would_crash_vosk_are_made_safe(grammar: list[str]) -> None:
    async def work(url: str) -> None:
        async with connect(url, proxy=None) as call:
            await call.recv()
            await call.send(json.dumps({"grammar": grammar}))
            assert "words" in await heard(call, utterance("ja"))

    with_recogniser(work)


def test_odd_bytes_silence_and_noise_are_heard_as_something_or_nothing() -> None:
    async def work(url: str) -> None:
        noise = np.random.default_rng(1).integers(-32768, 32767, 8000, dtype=np.int16).tobytes()
        async with connect(url, proxy=None) as call:
            await call.recv()
            for audio in (b"", b"\x01", bytes(16001), noise):
                await call.send(audio)
            await call.send('{"final": true}')
            while "words" not in json.loads(await call.recv()):
                pass
            assert "termin" in text(await heard(call, utterance("ich brauche einen termin")))

    with_recogniser(work)


def test_two_calls_hear_their_own_grammars() -> None:
    async def work(url: str) -> None:
        async with connect(url, proxy=None) as one, connect(url, proxy=None) as two:
            await one.recv()
            await two.recv()
            await one.send(json.dumps({"grammar": YES_NO}))
            first, second = await asyncio.gather(
                heard(one, utterance("nein")), heard(two, utterance("ich brauche einen termin"))
            )
            assert text(first) == "nein"
            assert "termin" in text(second)

    with_recogniser(work)


def broken_models(folder: Path) -> dict[str, Path]:
    """Model directories as they may come out of a bad download."""
    missing = folder / "missing"
    empty = folder / "empty"
    empty.mkdir()
    damaged = folder / "damaged"
    shutil.copytree(SHIPPED_MODEL, damaged)
    (damaged / "am" / "final.mdl").write_bytes(b"garbage")
    halved = folder / "halved"
    shutil.copytree(SHIPPED_MODEL, halved)
    graph = halved / "graph" / "HCLr.fst"
    graph.write_bytes(graph.read_bytes()[: graph.stat().st_size // 2])
    return {"missing": missing, "empty": empty, "damaged": damaged, "halved": halved}


def test_a_missing_or_broken_model_is_one_sentence(tmp_path: Path) -> None:
    for name, path in broken_models(tmp_path).items():
        with pytest.raises(ModelUnusable) as problem:
            require_usable(path)
        said = str(problem.value)
        assert str(path) in said and "\n" not in said, name


def test_without_a_model_the_process_lives_and_tells_every_client(tmp_path: Path) -> None:
    async def work(url: str) -> None:
        for _ in range(2):
            async with connect(url, proxy=None) as call:
                greeting = json.loads(await call.recv())
                assert greeting["ready"] is False and "LOTSE_VOSK_MODEL" in greeting["error"]

    with_recogniser(work, model=tmp_path / "nowhere")
