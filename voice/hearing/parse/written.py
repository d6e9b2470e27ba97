"""Recogniser text as a reader would write it: "paragraf elf b" -> "§ 11b", "dreihundert fünfzig euro" -> "350 Euro".

For free speech, before it goes to the dialogue. Words stay lower case and none is lost: what is not rewritten is kept.
"""

from __future__ import annotations

from collections.abc import Sequence

from voice.hearing.parse.times import pieces_of
from voice.hearing.parse.vocabulary import UNKNOWN, folded

# Up to twelve a number is written as a word, unless what stands beside it makes a figure of it.
_IN_WORDS = 12
_PARAGRAPHS = {"paragraf", "paragraph", "paragrafen", "paragraphen"}
_NUMBERED = {
    "absatz", "satz", "nummer", "artikel", "seite", "hausnummer", "zimmer", "buch", "kapitel", "linie", "bus", "plus",
}  # fmt: skip
_UNITS = {"euro": "Euro", "prozent": "Prozent", "cent": "Cent"}
_COUNTED = {
    "tag", "tage", "tagen", "woche", "wochen", "monat", "monate", "monaten", "jahr", "jahre", "jahren", "kinder",
    "personen", "prozent", "uhr", "mal", "euro", "stunden", "minuten",
}  # fmt: skip
_ROMAN = ("", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII", "XIII", "XIV")
_WITH_ROMAN = {"sgb": "SGB", "alg": "ALG", "arbeitslosengeld": "", "hartz": "", "sozialgesetzbuch": ""}
# So many small numbers in a row are a telephone number, a postcode or a reference.
_FEWEST_DIGITS = 3


def written(words: Sequence[str]) -> str:
    """The words as a reader would write them; pure, keeps the order, loses nothing but the mark of unknown words."""
    return " ".join(_Writer(_with_acronyms([word for word in words if word != UNKNOWN])).texts())


def _with_acronyms(words: list[str]) -> list[str]:
    """Letters said one after the other are one word in capitals: "s g b" -> "SGB"."""
    joined: list[str] = []
    at = 0
    while at < len(words):
        end = at
        while end < len(words) and len(words[end]) == 1 and words[end].isalpha():
            end += 1
        if end - at >= 2:
            joined.append("".join(words[at:end]).upper())
            at = end
        else:
            joined.append(words[at])
            at += 1
    return joined


class _Writer:
    def __init__(self, words: list[str]) -> None:
        self.words = words
        self.pieces = pieces_of(words, asked=False)

    def texts(self) -> list[str]:
        done: list[str] = []
        at = 0
        while at < len(self.pieces):
            text, length = self._after_its_sign(at) or self._figure(at)
            done.append(text)
            at += length
        return done

    def _after_its_sign(self, at: int) -> tuple[str, int] | None:
        """Numbers that belong to the word before them: "§ 32", "SGB II", "absatz 3"."""
        word, value = self._word(at), self._value(at + 1)
        if value is None:
            return None
        if word in _PARAGRAPHS:
            letter = self._said(at + 2) if at + 2 < len(self.pieces) else ""
            attached = letter if len(letter) == 1 and letter.isalpha() else ""
            return f"§ {value}{attached}", 2 + bool(attached)
        if word in _WITH_ROMAN and 0 < value < len(_ROMAN):
            return f"{_WITH_ROMAN[word] or self._said(at)} {_ROMAN[value]}", 2
        digits, length = self._row(at + 1)
        if word in _NUMBERED and length < _FEWEST_DIGITS:
            return f"{self._said(at)} {value}", 2
        return (f"+{digits}", 1 + length) if word == "plus" and digits else None

    def _figure(self, at: int) -> tuple[str, int]:
        value = self._value(at)
        if value is None:
            return (self._said(at) if self.pieces[at].number else self.pieces[at].text), 1
        digits, length = self._row(at)
        if length >= _FEWEST_DIGITS:
            return digits, length
        unit, following = self._word(at + 1), self._value(at + 2)
        if unit == "komma" and following is not None:
            decimals, length = self._row(at + 2)
            unit = self._word(at + 2 + length)
            text = f"{value},{decimals}"
            return (f"{text} {_UNITS[unit]}", 3 + length) if unit in _UNITS else (text, 2 + length)
        if unit == "euro" and following is not None and 0 < following < 100:
            if self._word(at + 3) == "cent":
                return f"{value},{following:02d} Euro", 4
            if self._word(at + 3) not in _COUNTED and self._row(at + 2)[1] == 1:
                return f"{value},{following:02d} Euro", 3
        if unit in _UNITS:
            return f"{value} {_UNITS[unit]}", 2
        return (str(value) if value > _IN_WORDS else self._said(at)), 1

    def _row(self, at: int) -> tuple[str, int]:
        """Numbers below a hundred in a row, as their digits; without the last where it counts something."""
        values: list[int] = []
        while (value := self._value(at + len(values))) is not None and value < 100:
            values.append(value)
        if len(values) > 1 and self._word(at + len(values)) in _COUNTED | {"komma", "cent"}:
            values.pop()
        return "".join(map(str, values)), len(values)

    def _said(self, at: int) -> str:
        return " ".join(self.words[self.pieces[at].first : self.pieces[at].end])

    def _word(self, at: int) -> str:
        return folded(self.pieces[at].text) if at < len(self.pieces) and self.pieces[at].number is None else ""

    def _value(self, at: int) -> int | None:
        number = self.pieces[at].number if at < len(self.pieces) else None
        return number.value if number and not number.ordinal else None
