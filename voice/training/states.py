"""Phonemes in context: the classes the acoustic model tells apart.

A state is a phoneme with a class of its left and of its right neighbour inside the word (`#` at the word's edge).
States that are rare in the sound fall back to the phoneme with its left class, then to the phoneme alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

SILENCE = "SIL"
State = tuple[str, str, str]
_CLASSES = {"m": "N", "n": "N", "N": "N", "t": "T", "d": "T"}
_CLASSES |= dict.fromkeys(("p", "b", "f", "v", "pf", "pF"), "L")
_CLASSES |= dict.fromkeys(("k", "g", "x", "h"), "K")
_CLASSES |= dict.fromkeys(("s", "z", "S", "ts", "tS", "C", "Z"), "S")
_VOWELS = {"i": "F", "y": "F", "I": "F", "Y": "F", "e": "F", "E": "E", "W": "E", "a": "A", "A": "A", "o": "B", "O": "B",
           "u": "B", "U": "B", "@": "@", "3": "@", "V": "@"}  # fmt: skip


def context_class(phone: str) -> str:
    """What of a neighbour colours a phoneme: front, back or open vowels, place of consonants."""
    if phone == "#":
        return "#"
    return _VOWELS.get(phone[0]) or _CLASSES.get(phone, "R")


@dataclass(frozen=True)
class States:
    """The phonemes and states of one acoustic model; state 0 is silence."""

    phones: tuple[str, ...]
    kept: tuple[State, ...]

    @property
    def names(self) -> list[State]:
        """All states in the order of the model's outputs."""
        return [(SILENCE, "*", "*"), *self.kept, *((phone, "*", "*") for phone in self.phones)]

    def index(self) -> dict[State, int]:
        """Output of the model for every state."""
        return {state: number for number, state in enumerate(self.names)}

    @classmethod
    def of(cls, phones: Mapping[str, int], frames: Mapping[State, int], *, least: int, least_phone: int) -> States:
        """States with at least `least` frames; phonemes that occur at least `least_phone` times."""
        common = tuple(sorted(phone for phone, count in phones.items() if count >= least_phone))
        kept = {state for state, count in frames.items() if count >= least and state[0] in common}
        rest: Counter[State] = Counter()
        for (phone, left, right), count in frames.items():
            if (phone, left, right) not in kept and phone in common:
                rest[phone, left, "*"] += count
        kept |= {state for state, count in rest.items() if count >= least}
        return cls(common, tuple(sorted(kept)))

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> States:
        """What `to_json` gave."""
        return cls(tuple(content["phones"]), tuple((p, l, r) for p, l, r in content["kept"]))  # noqa: E741

    def to_json(self) -> dict[str, Any]:
        """For `acoustics.json`."""
        return {"phones": self.phones, "kept": self.kept}


class Contexts:
    """Finds the state of a phoneme between its neighbours."""

    def __init__(self, states: States) -> None:
        self.states = states
        self._index = states.index()

    def __call__(self, phone: str, left: str, right: str) -> int:
        full = (phone, context_class(left), context_class(right))
        if full in self._index:
            return self._index[full]
        half = (phone, full[1], "*")
        return self._index[half if half in self._index else (phone, "*", "*")]
