"""Forms of German words: of verbs and adjectives from the notes in `texts/everyday.yml`, of any word by dictionary."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import simplemma

_PREFIXES = [
    "ab",
    "an",
    "auf",
    "aus",
    "bei",
    "durch",
    "ein",
    "fest",
    "fort",
    "her",
    "hin",
    "los",
    "mit",
    "nach",
    "um",
    "unter",
    "vor",
    "vorbei",
    "weg",
    "weiter",
    "zu",
    "zurück",
    "zusammen",
]
_STEMS = {
    "hoch": "hoh",
    "dunkel": "dunkl",
    "teuer": "teur",
    "sauer": "saur",
    "super": "",
    "rosa": "",
    "anders": "",
    "fair": "fair",
}


@dataclass(frozen=True)
class Verb:
    """A verb's forms; `prefix` is what is parted from it in `ich rufe an`."""

    prefix: str
    infinitive: str
    i: str
    you: str
    he: str
    past: str
    participle: str

    @classmethod
    def read(cls, note: str) -> Verb:
        """`machen`, or `gehen, geht, ging, gegangen`; in `an|rufen, …` no form has the prefix."""
        infinitive, *forms = [part.strip() for part in note.split(",")]
        prefix, _, infinitive = infinitive.rpartition("|")
        stem = infinitive.removesuffix("n").removesuffix("e")
        he, past, participle = forms or (f"{stem}t", f"{stem}te", f"ge{stem}t")
        stem_you = he[:-1] if he.endswith("t") else he
        you = he if he.endswith("st") or he.endswith("ß") else f"{stem_you}{'t' if stem_you[-1] in 'sßzx' else 'st'}"
        first = f"{stem[:-2]}{stem[-1]}e" if stem.endswith("el") else f"{stem}e"
        return cls(prefix, infinitive, first, you, he, past, participle)

    @property
    def full_infinitive(self) -> str:
        """`anrufen`."""
        return self.prefix + self.infinitive

    @property
    def full_participle(self) -> str:
        """`angerufen`."""
        return self.prefix + self.participle

    @property
    def to(self) -> str:
        """`zu rufen`, `anzurufen`."""
        return f"{self.prefix}zu{self.infinitive}" if self.prefix else f"zu {self.infinitive}"

    def words(self) -> set[str]:
        """All words this verb appears as."""
        they_past = f"{self.past}n" if self.past.endswith("e") else f"{self.past}en"
        single = {
            self.infinitive,
            self.i,
            self.you,
            self.he,
            self.past,
            they_past,
            *([self.prefix] if self.prefix else []),
        }
        joined = {self.full_infinitive, self.full_participle, self.to.split()[-1]}
        return single | joined | ({self.prefix + self.he} if self.prefix else set())


def adjective_forms(word: str) -> set[str]:
    """The word with its endings; the comparative is the form in -er."""
    stem = _STEMS.get(word, word)
    if word.endswith("el") and word not in _STEMS:
        stem = f"{word[:-2]}l"
    return {word} | ({f"{stem}{ending}" for ending in ("e", "en", "er", "es")} if stem else set())


def is_known(word: str) -> bool:
    """Whether the dictionary of simplemma has a word, as a noun or otherwise."""
    return any(simplemma.is_known(spelling, lang="de") for spelling in (word, word.capitalize()))


def prefixed(verbs: Iterable[Verb]) -> set[str]:
    """Infinitives and participles of the verbs with the commonest prefixes, as far as the dictionary has them."""
    found: set[str] = set()
    for verb in verbs:
        for prefix in _PREFIXES:
            if is_known(prefix + verb.infinitive):
                found |= {prefix + verb.infinitive, prefix + verb.participle}
    return {word for word in found if is_known(word)}
