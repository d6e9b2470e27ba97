"""Step `train`: learns the acoustic network from the sound, and keeps it as `acoustics.npz` and `acoustics.json`."""

from __future__ import annotations

import json
import math
import multiprocessing
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import distributed
from torch.nn import functional

from voice.training import SEED
from voice.training.network import SPLICE, SUBSAMPLING, Network, Shape
from voice.training.states import Contexts, States, context_class

# Steps and highest rate of each round; the rate falls along a cosine in every round. A second one, (2000, 1e-3), had
# brought the states right on held-out frames from 0.825 to 0.837 after 1,300 steps when it was broken off.
ROUNDS = ((2400, 2e-3),)
BATCH = 64
WORKERS = 2
REPORT = 100  # steps
OUTPUTS = 100  # frames judged per piece of a batch
LEAST_FRAMES = 9000 / 95_000  # frames per recording that a state of its own needs, at 95,000 recordings 9,000
LEAST_PHONE = 40
_IGNORED = -100
Rounds = tuple[tuple[int, float], ...]


@dataclass
class Sound:
    """All features one after another, and for every frame the phoneme and the state (-100: left out)."""

    features: NDArray[np.float16]
    phones: NDArray[np.int16]
    labels: NDArray[np.int16]
    states: States
    recordings: int


def load(folder: Path) -> Sound:
    """Reads the step `sound`'s files and finds the states."""
    pieces, tables, recordings, frames_before = [], [], 0, 0
    names: dict[str, int] = {}
    for path in sorted(folder.glob("*.npz")):
        with np.load(path) as file:
            features, lengths, segments = file["features"], file["lengths"], file["segments"].astype(np.int64)
            own = np.array([names.setdefault(str(name), len(names)) for name in file["names"]], np.int64)
        starts = frames_before + np.concatenate([[0], np.cumsum(lengths)[:-1]])
        table = np.stack(
            [starts[segments[:, 0]] + segments[:, 1], starts[segments[:, 0]] + segments[:, 2], *own[segments[:, 3:]].T],
            1,
        )
        tables.append(table[table[:, 1] > table[:, 0]])
        pieces.append(features)
        recordings += len(lengths)
        frames_before += len(features)
    table = np.concatenate(tables)
    name = list(names)
    phones = Counter(name[phone] for phone in table[:, 2].tolist())
    frames: Counter[tuple[str, str, str]] = Counter()
    for start, end, phone, left, right in table.tolist():
        frames[name[phone], context_class(name[left]), context_class(name[right])] += end - start
    states = States.of(phones, frames, least=int(LEAST_FRAMES * recordings), least_phone=LEAST_PHONE)
    return _labelled(np.concatenate(pieces), table, name, states, recordings)


def _labelled(
    features: NDArray[np.float16], table: NDArray[np.int64], name: list[str], states: States, recordings: int
) -> Sound:
    context = Contexts(states)
    number = {phone: index + 1 for index, phone in enumerate(states.phones)}
    phones = np.zeros(len(features), np.int16)
    labels = np.zeros(len(features), np.int16)
    found: dict[tuple[int, int, int], tuple[int, int]] = {}
    for start, end, phone, left, right in table.tolist():
        key = (phone, left, right)
        if key not in found:
            known = name[phone] in number
            found[key] = (
                (number[name[phone]], context(name[phone], name[left], name[right])) if known else (_IGNORED, _IGNORED)
            )
        phones[start:end], labels[start:end] = found[key]
    return Sound(features, phones, labels, states, recordings)


def _batch(
    rng: np.random.Generator, sound: Sound, shape: Shape, first: int, last: int, size: int
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    window = SUBSAMPLING * (OUTPUTS + sum(shape.reach) + len(shape.reach) - 1) + SPLICE
    starts = rng.integers(first, last - window, size)
    judged = starts[:, None] + shape.left + SUBSAMPLING * np.arange(OUTPUTS)
    frames = sound.features[starts[:, None] + np.arange(window)].astype(np.float32)
    phones, labels = sound.phones[judged].astype(np.int64), sound.labels[judged].astype(np.int64)
    return torch.from_numpy(frames), torch.from_numpy(phones).flatten(), torch.from_numpy(labels).flatten()


def train(sound: Sound, output: Path, *, rounds: Rounds = ROUNDS, shape: Shape = Shape()) -> None:
    """Cross-entropy of phonemes and states on espeak-ng's own times; the last two percent of the frames are for
    looking.

    Every worker learns from its share of each batch with one thread, and the workers share their gradients: as fast as
    threads on idle cores, and far faster where others use the cores too.
    """
    meeting = output / "workers"
    output.mkdir(parents=True, exist_ok=True)
    meeting.unlink(missing_ok=True)
    fork = multiprocessing.get_context("fork")  # the sound is shared, not copied
    shared = (meeting, sound, output, rounds, shape)
    workers = [fork.Process(target=_work, args=(rank, *shared)) for rank in range(WORKERS)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if any(worker.exitcode for worker in workers):
        raise RuntimeError("training broke off")


def _work(rank: int, meeting: Path, sound: Sound, output: Path, rounds: Rounds, shape: Shape) -> None:
    torch.set_num_threads(1)
    distributed.init_process_group("gloo", init_method=f"file://{meeting.resolve()}", rank=rank, world_size=WORKERS)
    torch.manual_seed(SEED)
    names = sound.states.names
    network = Network(shape, len(sound.states.phones) + 1, len(names))
    rng = np.random.default_rng(SEED)
    sample = sound.features[rng.integers(0, len(sound.features), 200_000)].astype(np.float32)
    network.mean[:] = torch.from_numpy(sample.mean(0))
    network.deviation[:] = torch.from_numpy(sample.std(0))
    optimiser = torch.optim.AdamW(network.parameters(), rounds[0][1], weight_decay=1e-3)
    border = len(sound.features) * 98 // 100
    if rank == 0:
        size = sum(parameter.numel() for parameter in network.parameters())
        hours = len(sound.features) / 360_000
        print(
            f"train: {sound.recordings} recordings, {hours:.1f} h, {len(names)} states, {size} parameters", flush=True
        )
    rng = np.random.default_rng([SEED, rank])
    rates = [rate for steps, highest in rounds for rate in _rates(steps, highest)]
    started, losses = time.monotonic(), []
    for step, rate in enumerate(rates, start=1):
        for group in optimiser.param_groups:
            group["lr"] = rate
        losses.append(_learn(network, optimiser, _batch(rng, sound, shape, 0, border, BATCH // WORKERS)))
        if rank == 0 and (step % REPORT == 0 or step == len(rates)):
            right = _frames_right(network, sound, shape, border)
            speed = step * BATCH * OUTPUTS * 0.03 / (time.monotonic() - started)
            loss = np.mean(losses[-REPORT:])
            print(
                f"train {step}/{len(rates)}: loss {loss:.3f}, states right {right:.3f}, {speed:.0f} x real time",
                flush=True,
            )
            save(network, sound, output)
    distributed.destroy_process_group()


def _rates(steps: int, highest: float) -> list[float]:
    """A short rise, then along a cosine to nearly nothing."""
    return [
        highest * min(1, (step + 1) / 200) * (0.5 * (1 + math.cos(math.pi * step / steps)) * 0.995 + 0.005)
        for step in range(steps)
    ]


def _learn(network: Network, optimiser: torch.optim.Optimizer, batch: tuple[torch.Tensor, ...]) -> float:
    frames, phones, labels = batch
    with torch.autocast("cpu", torch.bfloat16):
        phone_scores, state_scores = network(frames)
    loss = functional.cross_entropy(phone_scores.float().flatten(0, 1), phones) + functional.cross_entropy(
        state_scores.float().flatten(0, 1), labels
    )
    optimiser.zero_grad()
    loss.backward()
    gradients = [parameter.grad for parameter in network.parameters() if parameter.grad is not None]
    together = torch.cat([gradient.flatten() for gradient in gradients])
    distributed.all_reduce(together)
    together /= WORKERS
    for gradient, mean in zip(gradients, together.split([gradient.numel() for gradient in gradients]), strict=True):
        gradient.copy_(mean.view_as(gradient))
    torch.nn.utils.clip_grad_norm_(network.parameters(), 5.0)
    optimiser.step()
    return loss.item()


def _frames_right(network: Network, sound: Sound, shape: Shape, border: int) -> float:
    rng = np.random.default_rng(0)
    network.eval()
    with torch.no_grad():
        right = []
        for _ in range(8):
            frames, _, labels = _batch(rng, sound, shape, border, len(sound.features), BATCH)
            right.append((network(frames)[1].flatten(0, 1).argmax(1) == labels).float().mean().item())
    network.train()
    return float(np.mean(right))


def save(network: Network, sound: Sound, output: Path) -> None:
    """Weights, and what is needed to read them: states, sizes, how often every state was seen."""
    output.mkdir(parents=True, exist_ok=True)
    weights = {name: value.detach().float().numpy() for name, value in network.state_dict().items()}
    counts = np.bincount(sound.labels[sound.labels >= 0], minlength=len(sound.states.names)) + 1.0
    np.savez(output / "acoustics.npz", **weights, counts=counts)
    shape = {name: getattr(network.shape, name) for name in Shape.__annotations__}
    content = {"states": sound.states.to_json(), "shape": shape}
    (output / "acoustics.json").write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
