"""The acoustic network: a small factored TDNN that answers once every 30 ms."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from voice.training.features import COEFFICIENTS

SPLICE = 13  # frames seen by the first layer
SUBSAMPLING = 3


@dataclass(frozen=True)
class Shape:
    """Sizes of the network. `reach`: how many steps of 30 ms each layer looks back; each looks ahead one.

    Looking back further than ahead costs no delay and lets a frame be judged against the level of what came before:
    that tells a voice in the background from the caller.
    """

    width: int = 512
    bottleneck: int = 128
    output: int = 192
    reach: tuple[int, ...] = (1, 1, 2, 3, 3)
    residual: float = 0.66

    @property
    def left(self) -> int:
        """Frames needed before the one that is judged."""
        return SPLICE // 2 + SUBSAMPLING * sum(self.reach)

    @property
    def right(self) -> int:
        """Frames needed after it."""
        return SPLICE // 2 + SUBSAMPLING * len(self.reach)


class Network(nn.Module):
    """MFCC frames in, scores of phonemes and of states (log odds before softmax) out."""

    mean: Tensor
    deviation: Tensor

    def __init__(self, shape: Shape, phones: int, states: int) -> None:
        super().__init__()
        self.shape = shape
        width, narrow = shape.width, shape.bottleneck
        self.first = nn.Linear(COEFFICIENTS * SPLICE, width)
        self.first_norm = nn.BatchNorm1d(width, affine=False)
        self.narrow = nn.ModuleList(nn.Linear(2 * width, narrow, bias=False) for _ in shape.reach)
        self.widen = nn.ModuleList(nn.Linear(2 * narrow, width) for _ in shape.reach)
        self.norms = nn.ModuleList(nn.BatchNorm1d(width, affine=False) for _ in shape.reach)
        self.last = nn.Linear(width, shape.output)
        self.last_norm = nn.BatchNorm1d(shape.output, affine=False)
        self.phones = nn.Linear(shape.output, phones)
        self.states = nn.Linear(shape.output, states)
        self.register_buffer("mean", torch.zeros(COEFFICIENTS))
        self.register_buffer("deviation", torch.ones(COEFFICIENTS))

    def forward(self, frames: Tensor) -> tuple[Tensor, Tensor]:
        """`frames`: recordings × frames × 40; without padding, so `left` + `right` frames fewer, every third."""
        spliced = ((frames - self.mean) / self.deviation).unfold(1, SPLICE, SUBSAMPLING)
        hidden = spliced.transpose(2, 3).flatten(2)
        hidden = _normed(self.first_norm, functional.relu(self.first(hidden)))
        for back, narrow, widen, norm in zip(self.shape.reach, self.narrow, self.widen, self.norms, strict=True):
            small = narrow(torch.cat([hidden[:, :-back], hidden[:, back:]], 2))
            wide = functional.relu(widen(torch.cat([small[:, :-1], small[:, 1:]], 2)))
            hidden = _normed(norm, wide) + self.shape.residual * hidden[:, back:-1]
        hidden = _normed(self.last_norm, functional.relu(self.last(hidden)))
        return self.phones(hidden), self.states(hidden)


def _normed(norm: nn.Module, values: Tensor) -> Tensor:
    normed: Tensor = norm(values.reshape(-1, values.shape[-1]))
    return normed.view(values.shape)
