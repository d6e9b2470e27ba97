"""Writes `am/final.mdl` (Kaldi nnet3, binary) and `conf/` of a Vosk model from the trained network."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from voice.training.features import COEFFICIENTS, MFCC_CONF
from voice.training.network import SPLICE, SUBSAMPLING, Shape
from voice.training.states import States

_COMPRESSED_FROM = 4000  # numbers; smaller matrices stay exact
_EPSILON = 1e-5  # of torch's batch normalisation
_STAY = 0.5


@dataclass(frozen=True)
class Decoding:
    """`conf/model.conf`. The silences end a turn only where no voice activity detector did so before."""

    acoustic_scale: float = 0.4
    beam: float = 11.0
    max_active: int = 4000
    min_active: int = 200
    lattice_beam: float = 6.0
    silences: tuple[float, float, float] = (0.5, 0.75, 1.0)  # seconds, Kaldi's endpoint rules 2 to 4

    def text(self) -> str:
        """The file's text."""
        rules = "".join(
            f"--endpoint.rule{number}.min-trailing-silence={seconds}\n"
            for number, seconds in enumerate(self.silences, 2)
        )
        return (
            f"--min-active={self.min_active}\n--max-active={self.max_active}\n--beam={self.beam}\n"
            f"--lattice-beam={self.lattice_beam}\n--acoustic-scale={self.acoustic_scale}\n"
            f"--frame-subsampling-factor={SUBSAMPLING}\n--endpoint.silence-phones=1\n{rules}"
        )


@dataclass(frozen=True)
class Acoustics:
    """A trained network: weights by name, frames per state, sizes."""

    weights: dict[str, NDArray[np.float32]]
    counts: NDArray[np.float64]
    states: States
    shape: Shape


def read_acoustics(folder: Path) -> Acoustics:
    """What the step `train` wrote."""
    with np.load(folder / "acoustics.npz") as file:
        weights = {name: file[name] for name in file.files}
    content = json.loads((folder / "acoustics.json").read_text(encoding="utf-8"))
    shape = Shape(**{**content["shape"], "reach": tuple(content["shape"]["reach"])})
    return Acoustics(weights, weights.pop("counts"), States.from_json(content["states"]), shape)


class KaldiWriter:
    """Kaldi's binary format: numbers with a size byte, matrices in 16 bits where they are large (`CM2`)."""

    def __init__(self) -> None:
        self.out = BytesIO()
        self.out.write(b"\0B")

    def token(self, *names: str) -> None:
        """Names of things."""
        self.out.write("".join(f"{name} " for name in names).encode())

    def line(self, text: str) -> None:
        """Text as it stands."""
        self.out.write(text.encode())

    def whole(self, *values: int) -> None:
        """32-bit integers."""
        for value in values:
            self.out.write(b"\4" + struct.pack("<i", value))

    def real(self, *values: float) -> None:
        """32-bit numbers."""
        for value in values:
            self.out.write(b"\4" + struct.pack("<f", value))

    def wholes(self, values: Sequence[int]) -> None:
        """A vector of integers."""
        self.out.write(b"\4" + struct.pack("<i", len(values)) + np.asarray(values, "<i4").tobytes())

    def vector(self, values: ArrayLike) -> None:
        """A vector of numbers."""
        array = np.asarray(values, "<f4")
        self.token("FV")
        self.whole(len(array))
        self.out.write(array.tobytes())

    def matrix(self, values: ArrayLike) -> None:
        """A matrix, compressed to 16 bits where that pays."""
        array = np.asarray(values, "<f4")
        if array.size < _COMPRESSED_FROM:
            self.token("FM")
            self.whole(*array.shape)
            self.out.write(array.tobytes())
            return
        low, span = float(array.min()), float(np.ptp(array))
        self.token("CM2")
        self.out.write(struct.pack("<ffii", low, span, *array.shape))
        self.out.write(np.round((array - low) / span * 65535).astype("<u2").tobytes())

    def transition_model(self, states: Sequence[int]) -> None:
        """One phone per entry of `states`: one state each, staying as likely as leaving."""
        count = len(states)
        self.token("<TransitionModel>", "<Topology>")
        self.wholes(range(1, count + 1))
        self.wholes([-1] + [0] * count)
        self.whole(1, 2, 0, 2, 0)
        self.real(_STAY)
        self.whole(1)
        self.real(_STAY)
        self.whole(-1, 0)
        self.token("</Topology>", "<Triples>")
        self.whole(count)
        for number, state in enumerate(states, 1):
            self.whole(number, 0, state)
        self.token("</Triples>", "<LogProbs>")
        self.vector([0.0] + [math.log(_STAY)] * (2 * count))
        self.token("</LogProbs>", "</TransitionModel>")


class _Layers:
    """Nodes of the network and the components behind them, in order."""

    def __init__(self, acoustics: Acoustics) -> None:
        self.weights = acoustics.weights
        self.nodes = [f"input-node name=input dim={COEFFICIENTS}"]
        self.components = KaldiWriter()
        self.components.out = BytesIO()
        self.count = 0

    def _node(self, name: str, source: str, kind: str) -> KaldiWriter:
        self.nodes.append(f"component-node name={name} component={name} input={source}")
        self.components.token("<ComponentName>", name, f"<{kind}>")
        self.count += 1
        return self.components

    def affine(self, name: str, source: str, matrix: ArrayLike, bias: ArrayLike) -> None:
        out = self._node(name, source, "FixedAffineComponent")
        out.token("<LinearParams>")
        out.matrix(matrix)
        out.token("<BiasParams>")
        out.vector(bias)
        out.token("</FixedAffineComponent>")

    def activation(self, name: str, source: str, kind: str, size: int) -> None:
        out = self._node(name, source, kind)
        out.token("<Dim>")
        out.whole(size)
        for statistic in ("<ValueAvg>", "<DerivAvg>"):
            out.token(statistic)
            out.vector([])
        for statistic in ("<Count>", "<NumDimsSelfRepaired>", "<NumDimsProcessed>"):
            out.token(statistic)
            out.real(0.0)
        out.token(f"</{kind}>")

    def norm(self, name: str, source: str, weights: str) -> None:
        scale = 1 / np.sqrt(self.weights[f"{weights}.running_var"] + _EPSILON)
        out = self._node(f"{name}_scale", source, "FixedScaleComponent")
        out.token("<Scales>")
        out.vector(scale)
        out.token("</FixedScaleComponent>")
        out = self._node(name, f"{name}_scale", "FixedBiasComponent")
        out.token("<Bias>")
        out.vector(-self.weights[f"{weights}.running_mean"] * scale)
        out.token("</FixedBiasComponent>")

    def sum(self, name: str, source: str, size: int) -> None:
        out = self._node(name, source, "NoOpComponent")
        out.token("<Dim>")
        out.whole(size)
        out.token("<BackpropScale>")
        out.real(1.0)
        out.token("</NoOpComponent>")


def _network(acoustics: Acoustics) -> _Layers:
    layers, weights, shape = _Layers(acoustics), acoustics.weights, acoustics.shape
    half = SPLICE // 2
    mean, deviation = np.tile(weights["mean"], SPLICE), np.tile(weights["deviation"], SPLICE)
    first = weights["first.weight"] / deviation
    around = ",".join("input" if k == 0 else f"Offset(input,{k})" for k in range(-half, half + 1))
    layers.affine("first", f"Append({around})", first, weights["first.bias"] - (first * mean).sum(1))
    layers.activation("first_relu", "first", "RectifiedLinearComponent", shape.width)
    layers.norm("hidden0", "first_relu", "first_norm")
    for i, reach in enumerate(shape.reach):
        hidden = f"hidden{i}"
        layers.affine(
            f"narrow{i}", f"Append(Offset({hidden},{-SUBSAMPLING * reach}),{hidden})", weights[f"narrow.{i}.weight"],
            np.zeros(shape.bottleneck),
        )  # fmt: skip
        layers.affine(
            f"widen{i}", f"Append(narrow{i},Offset(narrow{i},{SUBSAMPLING}))", weights[f"widen.{i}.weight"],
            weights[f"widen.{i}.bias"],
        )  # fmt: skip
        layers.activation(f"relu{i}", f"widen{i}", "RectifiedLinearComponent", shape.width)
        layers.norm(f"norm{i}", f"relu{i}", f"norms.{i}")
        layers.sum(f"hidden{i + 1}", f"Sum(norm{i},Scale({shape.residual},{hidden}))", shape.width)
    layers.affine("last", f"hidden{len(shape.reach)}", weights["last.weight"], weights["last.bias"])
    layers.activation("last_relu", "last", "RectifiedLinearComponent", shape.output)
    layers.norm("last_norm", "last_relu", "last_norm")
    layers.affine("states", "last_norm", weights["states.weight"], weights["states.bias"])
    layers.activation("scores", "states", "LogSoftmaxComponent", len(weights["states.bias"]))
    layers.nodes.append("output-node name=output input=scores objective=linear")
    return layers


def write(model: Path, acoustics: Acoustics, phone_states: Sequence[int], decoding: Decoding) -> None:
    """`phone_states`: the network's state of every phone of the graph, in the order of their numbers."""
    layers = _network(acoustics)
    out = KaldiWriter()
    out.transition_model(phone_states)
    out.token("<Nnet3>")
    out.line("\n" + "\n".join(layers.nodes) + "\n\n")
    out.token("<NumComponents>")
    out.whole(layers.count)
    out.out.write(layers.components.out.getvalue())
    out.token("</Nnet3>", "<LeftContext>")
    out.whole(acoustics.shape.left)
    out.token("<RightContext>")
    out.whole(acoustics.shape.right)
    out.token("<Priors>")
    out.vector(acoustics.counts / acoustics.counts.sum())
    (model / "am").mkdir(parents=True, exist_ok=True)
    (model / "am" / "final.mdl").write_bytes(out.out.getvalue())
    (model / "conf").mkdir(exist_ok=True)
    (model / "conf" / "mfcc.conf").write_text(MFCC_CONF)
    (model / "conf" / "model.conf").write_text(decoding.text())
