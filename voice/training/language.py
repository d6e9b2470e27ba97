"""Step `language`: a trigram language model mixed from several texts and pruned to what changes it.

Every text gets a model of its own (interpolated Kneser-Ney: a fixed discount goes to the shorter history, whose words
count by how many different words they follow). The mixture weighs these models, keeps the word sequences of all, and
leaves out triples that the shorter history predicts nearly as well.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

START, END, UNKNOWN = "<s>", "</s>", "[unk]"
Gram = tuple[str, ...]
DISCOUNTS = (0.7, 0.8)  # of pairs and of triples
UNIFORM = 0.02  # share of the single words' mass that all words of the vocabulary have in common


@dataclass(frozen=True)
class Source:
    """A text with its share of the mixture; triples that occur less than `least` times are not kept."""

    sentences: Sequence[str]
    share: float
    least: int = 1


@dataclass
class LanguageModel:
    """Probabilities of words after histories, and the mass that a history leaves to the shorter one."""

    vocabulary: frozenset[str]
    probability: dict[Gram, float] = field(default_factory=dict)
    back_off: dict[Gram, float] = field(default_factory=dict)

    def of(self, word: str, history: Gram) -> float:
        """Probability of a word of the vocabulary after up to two words."""
        scale = 1.0
        while True:
            found = self.probability.get((*history, word))
            if found is not None:
                return scale * found
            scale *= self.back_off.get(history, 1.0)
            history = history[1:]

    def perplexity(self, sentences: Iterable[str]) -> tuple[float, float]:
        """Perplexity over known words, and the share of words that are not in the vocabulary."""
        bits, known, unknown = 0.0, 0, 0
        for sentence in sentences:
            history: Gram = (START,)
            for word in [*sentence.split(), END]:
                if word != END and word not in self.vocabulary:
                    unknown += 1
                    history = (UNKNOWN,)
                    continue
                bits -= math.log(self.of(word, history[-2:]))
                known += 1
                history = (*history, word)[-2:]
        return math.exp(bits / max(1, known)), unknown / max(1, known + unknown)


def _counts(source: Source, inside: frozenset[str]) -> list[dict[Gram, int]]:
    raw: list[Counter[Gram]] = [Counter() for _ in range(3)]
    for sentence, times in Counter(source.sentences).items():
        tokens = [START, *sentence.split(), END]
        for length in range(3):
            for i in range(len(tokens) - length):
                raw[length][tuple(tokens[i : i + length + 1])] += times
    return [{gram: count for gram, count in order.items() if all(word in inside for word in gram)} for order in raw]


def estimate(source: Source, vocabulary: frozenset[str]) -> LanguageModel:
    """The model of one text; `vocabulary` must hold every word that may be asked for."""
    _, pairs, triples = _counts(source, vocabulary | {START, END})
    kept = {gram: count for gram, count in triples.items() if count >= source.least}
    # Pairs count by their left neighbours, except at the start of a sentence, where there is none.
    by_neighbours = Counter(gram[1:] for gram in triples)
    pair_counts = {gram: count if gram[0] == START else by_neighbours.get(gram, 1) for gram, count in pairs.items()}
    singles = Counter(gram[1:] for gram in pairs)

    model = LanguageModel(vocabulary)
    total = sum(singles.values())
    size = len(vocabulary) + 1
    for word in [*vocabulary, END]:
        model.probability[word,] = (1 - UNIFORM) * singles.get((word,), 0) / max(1, total) + UNIFORM / size
    scale = sum(model.probability.values())
    model.probability = {gram: value / scale for gram, value in model.probability.items()}
    for counts, discount in ((pair_counts, DISCOUNTS[0]), (kept, DISCOUNTS[1])):
        _add_order(model, counts, discount)
    return model


def _add_order(model: LanguageModel, counts: Mapping[Gram, int], discount: float) -> None:
    seen: dict[Gram, float] = defaultdict(float)
    kinds: Counter[Gram] = Counter()
    for gram, count in counts.items():
        seen[gram[:-1]] += count
        kinds[gram[:-1]] += 1
    rest = {history: discount * kinds[history] / seen[history] for history in seen}
    added = {
        gram: (count - discount) / seen[gram[:-1]] + rest[gram[:-1]] * model.of(gram[-1], gram[1:-1])
        for gram, count in counts.items()
    }
    model.probability.update(added)
    model.back_off.update(rest)


def mix(sources: Iterable[Source], vocabulary: Iterable[str], *, prune: float = 0.0) -> LanguageModel:
    """The weighted mixture. `prune`: a triple must be worth so much (nats per million words) to be kept."""
    words = frozenset(vocabulary) | {UNKNOWN}
    parts = [(source.share, estimate(source, words)) for source in sources]
    total = sum(share for share, _ in parts)
    parts = [(share / total, model) for share, model in parts]
    grams = set().union(*(model.probability for _, model in parts))
    mixed = LanguageModel(words)
    for gram in grams:
        mixed.probability[gram] = sum(share * model.of(gram[-1], gram[:-1]) for share, model in parts)
    _balance(mixed)
    if prune:
        _prune(mixed, prune / 1e6)
    return mixed


def _balance(model: LanguageModel) -> None:
    """Gives every history's remaining mass to the shorter one."""
    after: dict[Gram, list[Gram]] = defaultdict(list)
    for gram in model.probability:
        if len(gram) > 1:
            after[gram[:-1]].append(gram)
    model.back_off = {}
    for history in sorted(after, key=len):
        spent = sum(model.probability[gram] for gram in after[history])
        shorter = sum(model.of(gram[-1], history[1:]) for gram in after[history])
        model.back_off[history] = max(1e-7, 1 - spent) / max(1e-7, 1 - shorter)


def _prune(model: LanguageModel, least: float) -> None:
    """Leaves out triples by their weight in the text times what they change."""
    gone = []
    for gram, value in model.probability.items():
        if len(gram) < 3:
            continue
        history = gram[:-1]
        weight = model.of(history[1], (history[0],)) * (model.probability.get((history[0],), 0.1))
        shorter = model.back_off[history] * model.of(gram[-1], history[1:])
        if weight * value * math.log(value / shorter) < least:
            gone.append(gram)
    for gram in gone:
        del model.probability[gram]
    _balance(model)


def fst_text(model: LanguageModel, label: Mapping[str, int]) -> str:
    """The model as an acceptor for `fstcompile`: a state per history, plain epsilon arcs to the shorter one."""
    state: dict[Gram, int] = {(START,): 0, (): 1}
    for history in model.back_off:
        state.setdefault(history, len(state))
    arcs: dict[int, list[str]] = defaultdict(list)
    ends: list[str] = []
    for gram, probability in model.probability.items():
        history, word = gram[:-1], gram[-1]
        cost = -math.log(probability)
        if word == END:
            ends.append(f"{state[history]} {cost:.4f}")
            continue
        target = gram[-2:]
        while target not in state:
            target = target[1:]
        arcs[state[history]].append(f"{state[history]} {state[target]} {label[word]} {label[word]} {cost:.4f}")
    for history, number in state.items():
        if history:
            shorter = history[1:]
            arcs[number].append(f"{number} {state[shorter]} 0 0 {-math.log(model.back_off[history]):.4f}")
    lines = [line for number in sorted(arcs) for line in arcs[number]]  # the start state comes first
    return "\n".join([*lines, *ends]) + "\n"
