"""Steps `language` and `graph`: puts the Vosk model together from the texts and the trained network."""

from __future__ import annotations

import pickle
from dataclasses import dataclass, field
from pathlib import Path

from voice.training import export, graph
from voice.training.language import UNKNOWN, LanguageModel, Source, mix
from voice.training.lexicon import pronounce
from voice.training.states import Contexts
from voice.training.text import Texts


@dataclass(frozen=True)
class Settings:
    """What was chosen on the development sentences and voices."""

    questions: float = 0.5  # shares of the language model
    openings: float = 0.2
    prose: float = 0.06
    generated: float = 0.24
    least_generated: int = 3  # triples of the generator's text that occur less often are left out
    prune: float = 0.02
    costs: graph.Costs = field(default_factory=graph.Costs)
    decoding: export.Decoding = field(default_factory=export.Decoding)


def make_language(texts: Texts, output: Path, settings: Settings = Settings()) -> LanguageModel:
    """Counts and mixes; keeps the model as `language.pickle`."""
    sources = [
        Source(texts.questions, settings.questions),
        Source(texts.openings, settings.openings, settings.least_generated),
        Source(texts.prose, settings.prose),
        Source(texts.generated, settings.generated, settings.least_generated),
    ]
    language = mix(sources, [*texts.vocabulary, *texts.forms], prune=settings.prune)
    perplexity, unknown = language.perplexity(texts.development)
    grams = [sum(len(gram) == length for gram in language.probability) for length in (1, 2, 3)]
    print(f"language: {grams} sequences, perplexity {perplexity:.0f}, unknown words {unknown:.1%}", flush=True)
    output.mkdir(parents=True, exist_ok=True)
    (output / "language.pickle").write_bytes(pickle.dumps(language))
    return language


def read_language(output: Path) -> LanguageModel:
    """What `make_language` kept: our own file, a moment ago."""
    language = pickle.loads((output / "language.pickle").read_bytes())  # noqa: S301 - written by the step before
    assert isinstance(language, LanguageModel)  # noqa: S101
    return language


def make_graph(work: Path, output: Path, settings: Settings = Settings()) -> None:
    """Writes the whole model to `output`; words without a pronunciation are left out of it."""
    acoustics = export.read_acoustics(work)
    language = read_language(work)
    known = frozenset(acoustics.states.phones)
    words = sorted(language.vocabulary - {UNKNOWN})
    lexicon = pronounce(words, known)
    if missing := [word for word in words if word not in lexicon]:
        print(f"graph: no pronunciation for {missing}", flush=True)
        gone = set(missing)
        language.probability = {g: p for g, p in language.probability.items() if not gone & set(g)}
        language.back_off = {g: p for g, p in language.back_off.items() if not gone & set(g)}
    phones = graph.build(output, lexicon, Contexts(acoustics.states), language, settings.costs)
    export.write(output, acoustics, phones.states(), settings.decoding)
    size = sum(path.stat().st_size for path in output.rglob("*") if path.is_file()) / 1e6
    print(f"graph: {len(lexicon)} words, {size:.1f} MB in {output}", flush=True)
