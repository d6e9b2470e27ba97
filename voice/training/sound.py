"""Training sound: synthetic sentences on telephone lines, as features with the phoneme of every frame.

Pieces of `CHUNK` recordings are made by one process per core and written as `sound/*.npz`: features of all recordings
one after another, their lengths, and the phonemes as (recording, first frame, last frame, phone, left, right).
"""

from __future__ import annotations

import os
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from voice.training import SEED, noise
from voice.training.features import SAMPLE_RATE, mfcc
from voice.training.line import Line
from voice.training.utterance import Segment, Utterance, any_manner, frame_of, speak

CHUNK = 1500
LONGEST = 14  # words of one recording
NOISE_ONLY = 0.1  # share of recordings without speech: what keeps short answers free of words heard in noise
_BABBLERS = 60


@dataclass(frozen=True)
class Task:
    """One file of recordings to make."""

    number: int
    folder: Path
    sentences: tuple[str, ...]  # drawn with equal chance
    answers: tuple[str, ...]  # short answers, drawn for a fifth of the recordings
    words: tuple[str, ...]  # drawn at random, so that every word meets every neighbour


def _draw_words(rng: Generator, task: Task) -> list[str]:
    draw = rng.random()
    if draw < 0.2:
        return task.answers[rng.integers(len(task.answers))].split()[:LONGEST]
    if draw < 0.36:
        return [task.words[i] for i in rng.integers(0, len(task.words), rng.integers(1, 7))]
    words = task.sentences[rng.integers(len(task.sentences))].split()
    start = rng.integers(0, max(1, len(words) - LONGEST + 1))
    return words[start : start + LONGEST]


def _snr(rng: Generator) -> float:
    kind = rng.choice(4, p=[0.25, 0.37, 0.2, 0.18])
    return float([rng.uniform(0, 10), rng.uniform(10, 20), rng.uniform(20, 35), 60.0][kind])


def _speech(rng: Generator, task: Task) -> Utterance | None:
    tract = 1.0 if rng.random() < 0.4 else rng.uniform(0.88, 1.14)
    said = speak(_draw_words(rng, task), any_manner(rng), tract=tract, rng=rng)
    if said is None:
        return None
    if len(said.words) > 2 and rng.random() < 0.15:
        said = said.with_pause(int(rng.integers(1, len(said.words))), int(rng.integers(1600, 8000)))
    long_lead = rng.random() < 0.3
    return said.padded(int(rng.integers(400, 12000 if long_lead else 4000)), int(rng.integers(400, 5000)))


def _noise_only(rng: Generator, babblers: list[noise.Sound]) -> NDArray[np.int16]:
    count = int(rng.integers(8000, 40000))
    sound = noise.any_kind(rng, count, babblers) * 10 ** rng.uniform(0, 3.6)
    if rng.random() < 0.1:
        sound *= 0
    silence = np.zeros(count)
    quiet_hiss = noise.coloured(rng, count) * rng.uniform(0, 0.05) * (sound.std() + 1)
    carried = Line(losses=0.02).carry(rng, sound + quiet_hiss, silence, 60)
    return (carried * rng.choice([1.0, 0.3, 0.1, 0.03])).astype(np.int16)


def _babblers(rng: Generator, task: Task) -> list[noise.Sound]:
    found: list[noise.Sound] = []
    while len(found) < _BABBLERS:
        words = task.sentences[rng.integers(len(task.sentences))].split()
        said = speak(words, any_manner(rng))
        if said is not None and len(said.sound) > SAMPLE_RATE:
            found.append(said.sound.astype(np.float64) / (said.sound.std() + 1e-6))
    return found


def make(task: Task) -> tuple[int, float]:
    """Makes one file; answers its number and its seconds of sound."""
    rng = np.random.default_rng([SEED, task.number])
    babblers = _babblers(rng, task)
    features: list[NDArray[np.float16]] = []
    lengths: list[int] = []
    names: dict[str, int] = {}
    rows: list[tuple[int, int, int, int, int, int]] = []
    line = Line()

    def index(name: str) -> int:
        return names.setdefault(name, len(names))

    def add(samples: NDArray[np.int16], segments: list[Segment]) -> None:
        frames = mfcc(samples)
        for s in segments:
            row = (len(lengths), max(0, frame_of(s.start)), min(len(frames), frame_of(s.end)))
            rows.append((*row, index(s.phone), index(s.left), index(s.right)))
        features.append(frames.astype(np.float16))
        lengths.append(len(frames))

    while len(lengths) < CHUNK:
        if rng.random() < NOISE_ONLY:
            add(_noise_only(rng, babblers), [])
            continue
        said = _speech(rng, task)
        if said is None:
            continue
        background = noise.any_kind(rng, len(said.sound), babblers)
        add(line.carry(rng, said.sound.astype(np.float64), background, _snr(rng)), said.segments)
    path = task.folder / f"{task.number:03}.npz"
    part = path.with_suffix(".part.npz")
    np.savez(
        part, features=np.concatenate(features), lengths=np.array(lengths, np.int32), segments=np.array(rows, np.int32),
        names=np.array(list(names)),
    )  # fmt: skip
    part.rename(path)
    return task.number, sum(lengths) / 100


def make_all(folder: Path, *, sentences: list[str], answers: list[str], words: list[str], files: int) -> None:
    """Makes all files anew."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob("*.npz"):
        path.unlink()
    started, seconds = time.monotonic(), 0.0
    tasks = [Task(number, folder, tuple(sentences), tuple(answers), tuple(words)) for number in range(files)]
    with ProcessPoolExecutor(max_workers=min(2, os.cpu_count() or 1)) as pool:
        for number, made in pool.map(make, tasks):
            seconds += made
            passed = time.monotonic() - started
            print(f"sound {number + 1}/{files}: {seconds / 3600:.1f} h, {seconds / passed:.0f} x real time", flush=True)
