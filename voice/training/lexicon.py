"""How words are pronounced: as espeak-ng says them alone, and hardly ever differently in a sentence."""

from __future__ import annotations

from collections.abc import Iterable

from voice.training.espeak import Manner
from voice.training.utterance import speak

Phones = tuple[str, ...]
Lexicon = dict[str, Phones]


def pronounce(words: Iterable[str], known: frozenset[str]) -> Lexicon:
    """Phonemes of every word, as far as the acoustic model knows them; words without any are left out."""
    lexicon: Lexicon = {}
    for word in words:
        said = speak([word], Manner())
        phones = tuple(phone for phone in said.words[0].phones if phone in known) if said is not None else ()
        if phones:
            lexicon[word] = phones
    return lexicon
