"""Step `text`: what the sound is spoken from and what the language model is counted from."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from voice.training import SEED, TEXTS, corpus
from voice.training.inflection import prefixed
from voice.training.numerals import vocabulary as number_words
from voice.training.sentences import Sentences, read_lists, read_patterns

GENERATED = 400_000  # sentences from the templates for the language model
FOR_SOUND = 60_000
ANSWERS = 20_000
OPENINGS = 120_000


@dataclass(frozen=True)
class Texts:
    """Everything the later steps need, as lists of sentences (words parted by spaces)."""

    questions: list[str]
    prose: list[str]
    generated: list[str]
    answers: list[str]
    development: list[str]
    vocabulary: list[str]
    openings: list[str]  # how callers come to their concern; not spoken
    forms: list[str]  # further words of the language model that were not in the sound


def _once(lines: list[list[str]]) -> list[list[str]]:
    return [list(line) for line in dict.fromkeys(tuple(line) for line in lines) if line]


def collect(generated: int = GENERATED) -> Texts:
    """Reads, generates and sorts out; the same seed gives the same texts."""
    questions = _once([corpus.spoken(line) for line in corpus.questions()])
    development = [line for line in questions if len(line) > 2 and corpus.is_held_out(line)]
    kept_out = {tuple(line) for line in development}
    questions = [line for line in questions if tuple(line) not in kept_out]
    prose = _once([corpus.spoken(line) for line in corpus.prose()])
    tenants = [corpus.spoken(line) for line in corpus.tenants()]

    maker = Sentences(SEED, corpus.places())
    templates = [maker.sentence() for _ in range(generated)]
    answers = [maker.answer() for _ in range(ANSWERS)]

    sure = {word for line in templates for word in line.split()} | number_words()
    sure |= maker.vocabulary()
    sure |= {word for line in tenants for word in line}
    counts = Counter(word for line in questions + prose for word in line)
    known = sure | {word for word in counts if corpus.is_spelt_right(word, counts)}
    vocabulary = sorted(word for word in known if word in sure or len(word) > 1)

    further = {word for items in read_lists("common.yml").values() for word in items}

    def clean(lines: list[list[str]]) -> list[str]:
        return [" ".join(line) for line in lines if all(word in known for word in line)]

    return Texts(
        questions=clean(questions),
        prose=clean(prose + tenants),
        generated=templates,
        answers=answers,
        development=[" ".join(line) for line in development],
        vocabulary=vocabulary,
        openings=openings(clean(questions)),
        forms=sorted((further | prefixed(maker.verbs)) - set(vocabulary)),
    )


def openings(questions: list[str], count: int = OPENINGS) -> list[str]:
    """Citizens' questions with what callers say before and after them."""
    maker = Sentences(SEED + 1, {**corpus.places(), "question": questions})
    kind = read_patterns(TEXTS / "openings.yml")["opening"]
    maker.lists |= read_lists("openings.yml")
    maker.kinds["opening"] = kind
    return [maker.sentence("opening") for _ in range(count)]


def write(folder: Path, texts: Texts) -> None:
    """One file per list, and the figures of all."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, lines in vars(texts).items():
        (folder / f"{name}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    figures = {
        name: {"lines": len(lines), "words": sum(len(line.split()) for line in lines)}
        for name, lines in vars(texts).items()
    }
    (folder / "figures.json").write_text(json.dumps(figures, indent=1), encoding="utf-8")


def read(folder: Path) -> Texts:
    """What `write` wrote."""
    return Texts(
        **{name: (folder / f"{name}.txt").read_text(encoding="utf-8").splitlines() for name in Texts.__annotations__}
    )


def for_sound(texts: Texts) -> list[str]:
    """Sentences to be spoken: questions and templates in equal parts, some of the office's own prose."""
    questions = texts.questions * (1 + FOR_SOUND // 2 // len(texts.questions))
    return questions[: FOR_SOUND // 2] + texts.generated[: FOR_SOUND // 2] + texts.prose
