"""How fast the telephone answers, how well it hears while it is busy, and how many calls it carries.

Calls come through the door for browsers of a running system, in real time, from synthetic callers. The first sound is
measured where the caller hears it: end of the caller's speech to the first frame that is Lotse's voice. Beside it, in
the same run, the same questions through Vosk's own end of speech alone, as a plain vosk-server streams it.
"""

import argparse
import asyncio
import io
import json
import tempfile
import time
from pathlib import Path

import numpy as np

from operation.instance import Instance, running_instance
from voice.hearing.model import SpeechModel
from voice.lines.line import FRAME_BYTES
from voice.rehearsal.caller import Caller, Script
from voice.rehearsal.stream import Stream
from voice.rehearsal.voices import say
from voice.settings import get_settings

QUESTIONS = (
    "wie hoch ist der regelbedarf für eine person",
    "bezahlen sie auch meine heizkosten",
    "was passiert wenn ich einen termin verpasse",
    "wie viel darf ich neben dem grundsicherungsgeld verdienen",
    "wann haben sie geöffnet",
)
VOICES = ("de+m1", "de+f2", "de+m3", "de+f5", "de+m7")
TURNS = 6


class Asker(Caller):
    """Asks one question after the other and listens to each answer's first seconds."""

    async def _talk(self) -> None:
        await self._lotse_finished()
        for number in range(TURNS):
            await self._speak(QUESTIONS[number % len(QUESTIONS)])
            await asyncio.sleep(4.0)
            if not self._line.over and time.monotonic() - self._loud_until > 1.0:
                continue
            await self._lotse_finished()


class Interrupter(Caller):
    """Talks into an answer, again and again."""

    async def _talk(self) -> None:
        await self._lotse_finished()
        for number in range(TURNS):
            await self._speak(QUESTIONS[number % len(QUESTIONS)])
            await asyncio.wait_for(self._spoke.wait(), 10)
            await asyncio.sleep(1.0 + 0.13 * number)
            await self._speak("stopp ich wollte etwas anderes wissen")
            await asyncio.sleep(1.0)
            await self._lotse_finished()


async def interrupted(instance: Instance) -> list[float]:
    """Seconds from the caller's first sound to Lotse's last one."""
    url = f"{instance.telephone_url.replace('http', 'ws')}/voice/stream?dialect=browser"
    values: list[float] = []
    for voice in VOICES[:3]:
        values += (await Interrupter(Script("interrupter", "none", "", voice), Stream(url), say=say).call()).barge_ins
    return values


def percentile(values: list[float], share: float) -> float:
    """The value that this share of all stays below."""
    return float(np.percentile(values, share * 100)) if values else float("nan")


async def at_once(instance: Instance, calls: int) -> dict[str, float]:
    """Response times with this many calls at once, and the processes' work in that time."""
    url = f"{instance.telephone_url.replace('http', 'ws')}/voice/stream?dialect=browser"
    before, started = cpu_seconds(instance), time.monotonic()

    async def one(number: int) -> list[float]:
        await asyncio.sleep(number * 0.37)
        script = Script(f"asker {number}", "none", QUESTIONS[0], VOICES[number % len(VOICES)])
        return (await Asker(script, Stream(url), say=say).call()).responses

    responses = [value for each in await asyncio.gather(*(one(number) for number in range(calls))) for value in each]
    elapsed = time.monotonic() - started
    after = cpu_seconds(instance)
    return {
        "calls": calls,
        "answers": len(responses),
        "expected": calls * TURNS,
        "p50": percentile(responses, 0.5),
        "p95": percentile(responses, 0.95),
        "voice_cores": (after["voice"] - before["voice"]) / elapsed,
        "recogniser_cores": (after["recogniser"] - before["recogniser"]) / elapsed,
    }


def cpu_seconds(instance: Instance) -> dict[str, float]:
    """User and system time of our processes so far."""
    found = {}
    for name, pid in instance.processes().items():
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        found[name] = (int(fields[11]) + int(fields[12])) / 100
    return found


def plain_streaming() -> dict[str, float]:
    """The baseline: 200 ms chunks into one recogniser, its own endpoint rules, as vosk-server does it."""
    model = SpeechModel(get_settings().vosk_model)
    delays, work, duration = [], 0.0, 0.0
    for voice in VOICES:
        for question in QUESTIONS:
            audio = say(voice, question)
            speech_end = len(audio) / 2 / 8000
            stream = io.BytesIO(audio + bytes(8000 * 2 * 3))
            recogniser, position = model.recogniser(), 0.0
            while chunk := stream.read(FRAME_BYTES * 10):
                position += len(chunk) / 2 / 8000
                began = time.perf_counter()
                ended = recogniser.AcceptWaveform(chunk)
                work += time.perf_counter() - began
                if ended and json.loads(recogniser.Result()).get("text"):
                    break
            duration += position
            delays.append(position - speech_end)
    return {"p50": percentile(delays, 0.5), "p95": percentile(delays, 0.95), "real_time_factor": work / duration}


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, nargs="*", default=[1, 8, 16])
    arguments = parser.parse_args()
    baseline = plain_streaming()
    print(f"plain streaming: end of speech noticed after p50 {baseline['p50']:.2f} s, p95 {baseline['p95']:.2f} s; "
          f"real-time factor {baseline['real_time_factor']:.3f}")
    with tempfile.TemporaryDirectory() as folder, running_instance(
        Path(folder), LOTSE_VOICE_CALLS=str(max(arguments.calls) + 2)
    ) as instance:
        asyncio.run(at_once(instance, 1))  # warm
        stops = asyncio.run(interrupted(instance))
        print(f"talked over {len(stops)} times: silent after p50 {percentile(stops, 0.5):.2f} s, "
              f"p95 {percentile(stops, 0.95):.2f} s")
        for calls in arguments.calls:
            row = asyncio.run(at_once(instance, calls))
            print(f"{calls:>3} calls: {row['answers']:.0f} of {row['expected']:.0f} answered; first sound p50 "
                  f"{row['p50']:.2f} s ({row['p50'] / baseline['p50']:.2f} of the baseline's notice alone), p95 "
                  f"{row['p95']:.2f} s; voice {row['voice_cores']:.2f}, recogniser {row['recogniser_cores']:.2f} cores")


if __name__ == "__main__":
    main()
