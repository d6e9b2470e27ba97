"""Variations of a question as citizens type it: typing errors, ae for ä, missing words, other words for the same."""

from __future__ import annotations

import random
import re
from collections.abc import Collection, Mapping, Sequence

_KEYBOARD = ("qwertzuiopü", "asdfghjklöä", "yxcvbnm")
_NEIGHBOURS = {
    key: [row[i] for i in (position - 1, position + 1) if 0 <= i < len(row)]
    for row in _KEYBOARD
    for position, key in enumerate(row)
}
_SPELLED_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})
_WITHOUT_DOTS = str.maketrans({"ä": "a", "ö": "o", "ü": "u", "ß": "s"})
# How words are written by ear, by people who learned German late or write little.
_BY_EAR = (
    (r"([aeiouäöü])h(?=[lmnrt])", r"\1"), (r"ie", "i"), (r"([bdfglmnprst])\1", r"\1"), (r"ck", "k"), (r"tz", "z"),
    (r"ä", "e"), (r"ü", "u"), (r"ö", "o"), (r"ß|ss", "s"), (r"\bv", "f"), (r"d\b", "t"), (r"g\b", "k"),
    (r"eu|äu", "oi"), (r"en\b", "n"), (r"ch", "k"),
)  # fmt: skip
_OPENINGS = (
    "hallo", "guten tag", "hi", "ich wollte mal fragen", "frage:", "kurze frage", "können sie mir sagen",
    "ich weiß nicht", "ich hab da ein problem", "bitte", "eine frage", "ich brauche hilfe",
)  # fmt: skip
_CLOSINGS = ("bitte um antwort", "danke", "vielen dank", "?", "??", "lg", "was kann ich tun", "bitte helfen sie mir")


class Variation:
    """Draws variations from one random source, so that a seed repeats them."""

    def __init__(
        self, source: random.Random, synonyms: Mapping[str, Sequence[str]], words: Collection[str] = ()
    ) -> None:
        """`words` are those that a compound may fall into when it is written apart."""
        self._random = source
        self._words = {word.lower() for word in words if len(word) >= 4}
        # Only single words are exchanged: expressions seldom fit the grammar around them.
        self._others: dict[str, list[str]] = {}
        for concept, expressions in synonyms.items():
            group = [word.lower() for word in (concept, *expressions) if " " not in word]
            for word in group:
                self._others.setdefault(word, []).extend(other for other in group if other != word)

    def of(self, question: str) -> str:
        """One variation; often only a light one, since most people write most words right."""
        text = question
        if self._happens(0.35):
            text = self._other_words(text)
        if self._happens(0.3):
            text = self._without_a_word(text)
        kind = self._random.random()
        if kind < 0.25:
            text = self._mistyped(text)
        elif kind < 0.4:
            text = self._by_ear(text)
        elif kind < 0.55:
            text = self._apart(text)
        if self._happens(0.15):
            text = text.translate(_SPELLED_OUT if self._happens(0.7) else _WITHOUT_DOTS)
        if self._happens(0.5):
            text = re.sub(r"[?.!,]", "", text.lower())
        if self._happens(0.15):
            text = f"{self._random.choice(_OPENINGS)} {text}"
        if self._happens(0.08):
            text = f"{text} {self._random.choice(_CLOSINGS)}"
        return text

    def _happens(self, probability: float) -> bool:
        return self._random.random() < probability

    def _other_words(self, text: str) -> str:
        words = text.split()
        for position, word in enumerate(words):
            others = self._others.get(word.lower().strip("?.,!"))
            if others and self._happens(0.6):
                words[position] = self._random.choice(others)
        return " ".join(words)

    def _without_a_word(self, text: str) -> str:
        words = text.split()
        if len(words) > 3:
            del words[self._random.randrange(len(words))]
        return " ".join(words)

    def _mistyped(self, text: str) -> str:
        words = text.split()
        for _ in range(self._random.choice((1, 1, 2))):
            long = [position for position, word in enumerate(words) if len(word) >= 4]
            if long:
                position = self._random.choice(long)
                words[position] = self._typing_error(words[position])
        return " ".join(words)

    def _by_ear(self, text: str) -> str:
        for pattern, sound in self._random.sample(_BY_EAR, 4):
            text = re.sub(pattern, sound, text)
        return text

    def _apart(self, text: str) -> str:
        """Compounds written apart, as speech recognition does."""
        parts = []
        for word in text.lower().split():
            cuts = [
                cut
                for cut in range(4, len(word) - 3)
                if word[cut:].strip("?.,!") in self._words
                and (word[:cut] in self._words or word[:cut].rstrip("sn") in self._words)
            ]
            cut = self._random.choice(cuts) if cuts else 0
            parts += [word[:cut], word[cut:]] if cut else [word]
        return " ".join(parts)

    def _typing_error(self, word: str) -> str:
        at = self._random.randrange(1, len(word) - 1)
        kind = self._random.randrange(5)
        if kind == 0:
            return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        if kind == 1:
            return word[:at] + word[at + 1 :]
        if kind == 2:
            return word[:at] + word[at] + word[at:]
        if kind == 3 and word[at].lower() in _NEIGHBOURS:
            return word[:at] + self._random.choice(_NEIGHBOURS[word[at].lower()]) + word[at + 1 :]
        return word[:at] + self._random.choice("enrtsi") + word[at:]
