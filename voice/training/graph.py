"""The decoding graph with which Vosk takes grammars at run time: `HCLr.fst` (words as states), `Gr.fst`, `words.txt`.

The words are states in a tree, silence may stand before and after each, and `[unk]` is a loop over pairs of phonemes
for everything else people say. A "phone" of Kaldi is a state with its place in the word; its transition numbers are
2n-1 for staying and 2n for entering. Needs OpenFst's tools (Debian: libfst-tools).
"""

from __future__ import annotations

import math
import os
import shutil
import subprocess
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from voice.training.language import UNKNOWN, LanguageModel, fst_text
from voice.training.lexicon import Lexicon, Phones
from voice.training.utterance import EDGE

_PLACES = {"n": "nonword", "b": "begin", "i": "internal", "e": "end"}
_START, _READY, _AFTER, _QUIET = 0, 1, 2, 3


@dataclass(frozen=True)
class Costs:
    """Weights of the graph in nats."""

    silence: float = 0.5  # chance of silence before or after a word
    unknown_phone: float = 1.0  # per phoneme of the loop, beside its chance
    unknown: float = 0.0  # once per `[unk]`
    word: float = 0.0  # once per word: keeps noise from falling into short words


@dataclass
class PhoneNumbers:
    """Numbers of Kaldi's phones: a state of the model at a place of the word; silence is the first."""

    numbers: dict[tuple[int, str], int] = field(default_factory=lambda: {(0, "n"): 1})

    def enter(self, state: int, place: str) -> int:
        """Transition number for entering a state; staying in it is one less."""
        return 2 * self.numbers.setdefault((state, place), len(self.numbers) + 1)

    def states(self) -> list[int]:
        """The model's state of every phone, in the order of their numbers."""
        return [state for (state, _), _ in sorted(self.numbers.items(), key=lambda item: item[1])]

    def boundaries(self) -> str:
        """Text of `word_boundary.int`."""
        ordered = sorted(self.numbers.items(), key=lambda item: item[1])
        return "".join(f"{number} {_PLACES[place]}\n" for (_, place), number in ordered)


def _stretched(states: list[int]) -> list[int]:
    """The shortest words last at least three steps of 30 ms: their first state is entered again."""
    return [states[0]] * max(0, 3 - len(states)) + states


class _Tree:
    """Arcs of the words' transducer."""

    def __init__(self, context: Callable[[str, str, str], int], costs: Costs) -> None:
        self.context = context
        self.costs = costs
        self.phones = PhoneNumbers()
        self.arcs: list[tuple[int, int, int, int, float]] = []
        self.size = 4
        self.pairs: Counter[tuple[str, str]] = Counter()
        quiet, loud = -math.log(costs.silence), -math.log(1 - costs.silence)
        for node in (_START, _AFTER):
            self.arcs += [(node, _READY, 0, 0, loud), (node, _QUIET, 2, 0, quiet)]
        self.arcs += [(_QUIET, _QUIET, 1, 0, 0.0), (_QUIET, _READY, 0, 0, 0.0)]

    def enter(self, source: int, transition: int, label: int, cost: float) -> int:
        """A new node behind `source` in which the state stays."""
        node = self.size
        self.size += 1
        self.arcs += [(source, node, transition, label, cost), (node, node, transition - 1, 0, 0.0)]
        return node

    def add_words(self, lexicon: Lexicon, label: dict[str, int]) -> None:
        """Common beginnings are a tree; a word's label stands where it parts from all others; ends are shared again."""
        ways = {word: self._transitions(phones) for word, phones in lexicon.items()}
        begun = Counter(way[:length] for way in ways.values() for length in range(1, len(way) + 1))
        tree: dict[tuple[int, ...], int] = {(): _READY}
        ends: dict[tuple[int, ...], int] = {}
        for word, way in ways.items():
            parts = next((i for i in range(len(way)) if begun[way[: i + 1]] == 1), len(way) - 1)
            for i in range(parts):
                if way[: i + 1] not in tree:
                    tree[way[: i + 1]] = self.enter(tree[way[:i]], way[i], 0, 0.0)
            self.arcs.append(
                (tree[way[:parts]], self._end(way[parts:], ends), way[parts], label[word], self.costs.word)
            )

    def _transitions(self, phones: Phones) -> tuple[int, ...]:
        edged = [EDGE, *phones, EDGE]
        self.pairs.update(zip(edged[:-1], edged[1:], strict=True))
        states = _stretched([self.context(edged[i], edged[i - 1], edged[i + 1]) for i in range(1, len(edged) - 1)])
        places = ["b", *"i" * (len(states) - 2), "e"]
        return tuple(self.phones.enter(state, place) for state, place in zip(states, places, strict=True))

    def _end(self, way: tuple[int, ...], ends: dict[tuple[int, ...], int]) -> int:
        """The node of the first of these states, with the rest of the word behind it."""
        if way not in ends:
            rest = self._end(way[1:], ends) if len(way) > 1 else _AFTER
            ends[way] = self.size
            self.size += 1
            self.arcs.append((ends[way], ends[way], way[0] - 1, 0, 0.0))
            self.arcs.append((ends[way], rest, way[1] if len(way) > 1 else 0, 0, 0.0))
        return ends[way]

    def add_unknown(self, label: int) -> None:
        """The loop for any other speech: at least three phonemes, with the lexicon's chances of pairs."""
        total: Counter[str] = Counter()
        for (first, _), count in self.pairs.items():
            total[first] += count
        after: dict[str, list[tuple[str, float]]] = defaultdict(list)
        for (first, second), count in sorted(self.pairs.items()):
            after[first].append((second, -math.log(count / total[first])))
        nodes: dict[tuple[str, str, int], int] = {}
        waiting: list[tuple[str, str, int]] = []

        def node(key: tuple[str, str, int]) -> int:
            if key not in nodes:
                nodes[key] = self.size
                self.size += 1
                waiting.append(key)
            return nodes[key]

        each = self.costs.unknown_phone
        for first, cost in after[EDGE]:
            for second, step in after[first]:
                if second != EDGE:
                    transition = self.phones.enter(self.context(first, EDGE, second), "b")
                    entered = self.enter(_READY, transition, label, cost + step + each + self.costs.unknown)
                    self.arcs.append((entered, node((first, second, 0)), 0, 0, 0.0))
        while waiting:
            first, second, length = waiting.pop()
            here = nodes[first, second, length]
            for third, cost in after[second]:
                state = self.context(second, first, third)
                if third != EDGE:
                    entered = self.enter(here, self.phones.enter(state, "i"), 0, cost + each)
                    self.arcs.append((entered, node((second, third, 1)), 0, 0, 0.0))
                elif length:
                    entered = self.enter(here, self.phones.enter(state, "e"), 0, cost + each)
                    self.arcs.append((entered, _AFTER, 0, 0, 0.0))

    def text(self) -> str:
        """For `fstcompile`."""
        lines = [f"{a} {b} {i} {o} {cost:.4f}" for a, b, i, o, cost in self.arcs]
        return "\n".join([*lines, f"{_AFTER} 0", f"{_QUIET} 0", f"{_START} 0"]) + "\n"


class OpenFst:
    """OpenFst's command-line tools, with the look-ahead type that Debian ships under another name."""

    def __init__(self, folder: Path) -> None:
        if shutil.which("fstcompile") is None:
            raise RuntimeError("OpenFst's tools are missing: apt-get install libfst-tools")
        found = sorted(Path("/usr").glob("lib*/**/libfstlookahead.so.*"))
        if not found:
            raise RuntimeError("OpenFst's look-ahead library is missing: apt-get install libfst-tools")
        libraries = folder / "libraries"
        libraries.mkdir()
        (libraries / "olabel_lookahead-fst.so").symlink_to(found[0])
        self.folder = folder
        self.environment = {**os.environ, "LD_LIBRARY_PATH": str(libraries)}

    def build(self, text: str, output: Path, sort: str, kind: str, *options: str) -> None:
        """Compiles, sorts and converts."""
        source = self.folder / "source.txt"
        source.write_text(text)
        compiled, ordered = self.folder / "compiled.fst", self.folder / "sorted.fst"
        self._run("fstcompile", str(source), str(compiled))
        self._run("fstarcsort", f"--sort_type={sort}", str(compiled), str(ordered))
        self._run("fstconvert", f"--fst_type={kind}", *options, str(ordered), str(output))

    def _run(self, *command: str) -> None:
        subprocess.run(command, check=True, env=self.environment)  # noqa: S603 - OpenFst's own tools


def build(
    model: Path, lexicon: Lexicon, context: Callable[[str, str, str], int], language: LanguageModel, costs: Costs
) -> PhoneNumbers:
    """Writes `graph/` of a model; every word of `language` must have a pronunciation."""
    words = sorted({*lexicon, UNKNOWN})
    label = {word: number + 1 for number, word in enumerate(words)}
    tree = _Tree(context, costs)
    tree.add_words(lexicon, label)
    tree.add_unknown(label[UNKNOWN])
    graph = model / "graph"
    (graph / "phones").mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        tools = OpenFst(Path(folder))
        pairs = Path(folder) / "renumbered.txt"
        # The look-ahead type renumbers the words; grammars at run time go by words.txt, so all three must agree.
        tools.build(
            tree.text(), graph / "HCLr.fst", "olabel", "olabel_lookahead", f"--save_relabel_opairs={pairs}"
        )  # fmt: skip
        renumbered = dict(_numbers(pairs.read_text().splitlines()))
        label = {word: renumbered[number] for word, number in label.items()}
        tools.build(fst_text(language, label), graph / "Gr.fst", "ilabel", "const")
    ordered = sorted(label.items(), key=lambda item: item[1])
    (graph / "words.txt").write_text(
        "<eps> 0\n" + "".join(f"{word} {number}\n" for word, number in ordered), encoding="utf-8"
    )
    (graph / "disambig_tid.int").write_text("")  # the model has no #0 arcs
    (graph / "phones" / "word_boundary.int").write_text(tree.phones.boundaries())
    return tree.phones


def _numbers(lines: Iterable[str]) -> Iterable[tuple[int, int]]:
    for line in lines:
        old, new = line.split()
        yield int(old), int(new)
