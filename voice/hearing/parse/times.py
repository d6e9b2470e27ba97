"""Days and times of day as callers say them, written so that the dialogue (bot/actions/german_time.py) reads it.

What a day means is decided there alone. Here number words become digits, and the clock as it is only said ("dreiviertel
zwölf", "fünf vor halb elf", "neun Uhr null fünf") becomes "11:45 Uhr".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from voice.hearing.parse.numbers import Number, number_at, value_of
from voice.hearing.parse.vocabulary import folded

WEEKDAYS = {
    folded(day): day
    for day in ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonnabend", "Sonntag")
}  # fmt: skip
MONTHS = {
    folded(month): month
    for month in (
        "Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November",
        "Dezember",
    )
} | {"jaenner": "Januar", "feber": "Februar", "juno": "Juni", "julei": "Juli"}  # fmt: skip
_DETERMINERS = {"am", "den", "der", "dem", "zum", "vom", "ab", "bis", "die", "das", "des", "im"}
_UNITS = {
    "uhr", "tag", "tage", "tagen", "woche", "wochen", "monat", "monate", "monaten", "jahr", "jahre", "jahren", "minute",
    "minuten", "stunde", "stunden", "euro", "cent", "prozent", "kinder", "personen", "termine", "mal",
}  # fmt: skip
_MINUTES = {"minuten", "minute"}
_MORNING = {"morgens", "frueh", "nachts", "fruehmorgens"}
_NAMES_OF_TIMES = {
    "heute", "morgen", "uebermorgen", "woche", "wochen", "monat", "uhr", "halb", "viertel", "mittags", "vormittags",
    "vormittag", "nachmittags", "nachmittag", "frueh", "morgens", "abends", "montags", "dienstags", "mittwochs",
    "donnerstags", "freitags",
}  # fmt: skip
_PARTS = {"halb": -30, "viertel": -45, "dreiviertel": -15}  # minutes to the hour that is named
_SIDES = {"vor": -1, "nach": 1}


@dataclass(frozen=True)
class Piece:
    """A stretch of what was said as it is written, with the words it came from (`first` up to without `end`).

    `number`: a number that has not become part of a date or clock time; `kind`: "word", "number", "day", "clock".
    """

    text: str
    first: int
    end: int
    kind: str = "word"
    number: Number | None = None


def pieces_of(words: Sequence[str], *, asked: bool) -> list[Piece]:
    """What was said, in order, every word in exactly one piece.

    `asked`: the question was for a day or a time, so that "zehn dreißig" is one and "der Zwölfte" a day.
    """
    early = any(folded(word) in _MORNING for word in words)
    reader = _Reader(_numbered(words), asked=asked, early=early)
    return reader.read()


def written_time(words: Sequence[str]) -> str:
    """The answer to a question for a day or a time as it goes to the dialogue: "am Dienstag um 14:30 Uhr"."""
    return " ".join(piece.text for piece in pieces_of(words, asked=True))


def _numbered(words: Sequence[str]) -> list[Piece]:
    found: list[Piece] = []
    at = 0
    while at < len(words):
        number = number_at(words, at)
        word = folded(words[at])
        if number is None and word == "ein" and at + 1 < len(words) and folded(words[at + 1]) == "uhr":
            number = Number(1, at, at + 1)
        if number is None and word.isdigit():
            number = Number(int(word), at, at + 1)
        if number is None:
            text = WEEKDAYS.get(word) or MONTHS.get(word) or words[at]
            found.append(Piece(text, at, at + 1, "day" if word in WEEKDAYS or word in MONTHS else "word"))
            at += 1
        else:
            text = f"{number.value}." if number.ordinal else str(number.value)
            if number.ordinal and number.end == at + 1:
                text = words[at]  # "die ersten drei Wochen"; as a date it becomes a figure below
            found.append(Piece(text, at, number.end, "number", number))
            at = number.end
    return found


class _Reader:
    """Goes once through the pieces and joins those that are one date or one time of day."""

    def __init__(self, pieces: list[Piece], *, asked: bool, early: bool) -> None:
        self.pieces = pieces
        self.asked = asked
        self.early = early

    def read(self) -> list[Piece]:
        done: list[Piece] = []
        at = 0
        while at < len(self.pieces):
            before = folded(done[-1].text) if done else ""
            joined = self._date(at, before) or self._clock(at, before)
            if joined:
                text, length, kind = joined
                done.append(Piece(text, self.pieces[at].first, self.pieces[at + length - 1].end, kind))
                at += length
            else:
                done.append(self.pieces[at])
                at += 1
        return done

    # what stands at a place

    def _word(self, at: int) -> str:
        return folded(self.pieces[at].text) if 0 <= at < len(self.pieces) and not self.pieces[at].number else ""

    def _cardinal(self, at: int, most: int, least: int = 0) -> int | None:
        number = self.pieces[at].number if 0 <= at < len(self.pieces) else None
        return number.value if number and not number.ordinal and least <= number.value <= most else None

    def _ordinal(self, at: int, most: int) -> int | None:
        number = self.pieces[at].number if 0 <= at < len(self.pieces) else None
        return number.value if number and number.ordinal and 1 <= number.value <= most else None

    # dates

    def _date(self, at: int, before: str) -> tuple[str, int, str] | None:
        day = self._ordinal(at, 31)
        month = self._word(at + 1)
        if day is None:
            day = self._cardinal(at, 31, 1)
            if day is None or month not in MONTHS or before in ("uhr", "halb", "um"):
                return None
        if month in MONTHS:
            year, length = self._year(at + 2)
            return f"{day}. {MONTHS[month]}{year}", 2 + length, "day"
        number = self._ordinal(at + 1, 12)
        if number is not None:
            year, length = self._year(at + 2)
            return f"{day}.{number}.{year.strip()}", 2 + length, "day"
        alone = at + 1 >= len(self.pieces) or self._word(at + 1) in (
            "um", "gegen", "ab", "oder", "bitte", "geht", "waere", "passt", "nach", "vor", "vormittags", "nachmittags",
        )  # fmt: skip
        if self.asked and alone:
            return f"{day}." if before in _DETERMINERS else f"am {day}.", 1, "day"
        return None

    def _year(self, at: int) -> tuple[str, int]:
        """A year after a date: "zweitausend sechsundzwanzig", "zwanzig sechsundzwanzig"; begins with a space."""
        value = self._cardinal(at, 2099, 1900)
        if value is not None:
            return f" {value}", 1
        century, rest = self._cardinal(at, 20, 19), self._cardinal(at + 1, 99)
        if century is not None and rest is not None and self._word(at + 2) not in _UNITS:
            return f" {century}{rest:02d}", 2
        return "", 0

    # times of day

    def _clock(self, at: int, before: str) -> tuple[str, int, str] | None:
        return self._spoken_clock(at) or self._by_the_clock(at, before)

    def _by_the_clock(self, at: int, before: str) -> tuple[str, int, str] | None:
        hour = self._cardinal(at, 24)
        if hour is None:
            return None
        if self._word(at + 1) == "uhr":
            joint = 1 if self._word(at + 2) == "und" else 0
            minute = self._cardinal(at + 2 + joint, 59)
            after = at + 3 + joint
            if minute == 0 and self._cardinal(after, 9, 1) is not None:  # "neun Uhr null fünf"
                minute, after = self._cardinal(after, 9, 1), after + 1
            in_minutes = self._word(after) in _MINUTES
            counted = self._word(after) in _UNITS - _MINUTES
            if minute is not None and not counted and (in_minutes or not joint):
                return self._time(hour, minute), after - at + in_minutes, "clock"
            return self._time(hour, 0), 2, "clock"
        if not self.asked:
            return None
        minute, length = self._cardinal(at + 1, 59, 10), 2
        if self._cardinal(at + 1, 0) == 0:
            minute, length = self._cardinal(at + 2, 9, 1), 3
        if minute is not None and self._word(at + length) not in _UNITS and self._cardinal(at + length, 99) is None:
            return self._time(hour, minute), length, "clock"
        if before == "um" and self._word(at + 1) not in _UNITS and self._word(at + 1) not in ("bis", "und", "oder"):
            return self._time(hour, 0), 1, "clock"
        return None

    def _spoken_clock(self, at: int) -> tuple[str, int, str] | None:
        """ "halb drei", "viertel nach zehn", "fünf vor dreiviertel zwölf", "sieben nach neun", "kurz vor acht"."""
        about, minutes, taken = "", 0, 0
        if self._word(at) == "kurz" and self._word(at + 1) in _SIDES:
            about, taken = "gegen ", 2
        elif self._word(at) == "viertel" and self._word(at + 1) in _SIDES:
            minutes, taken = 15 * _SIDES[self._word(at + 1)], 2
        elif (distance := self._cardinal(at, 29, 1)) is not None:
            named = self._word(at + 1) in _MINUTES
            side = self._word(at + 1 + named)
            if side in _SIDES and (named or self.asked or distance in (5, 10, 20, 25)):
                minutes, taken = distance * _SIDES[side], 2 + named
        hour = self._named_hour(at + taken)
        if hour is None:
            return None
        (full, back), length = hour
        if (not taken and not back) or self._word(at + taken + length) in _UNITS:  # "fünf nach zehn Tagen" is no clock
            return None
        return f"{about}{self._time(full, back + minutes)}", taken + length, "clock"

    def _named_hour(self, at: int) -> tuple[tuple[int, int], int] | None:
        """An hour, or its half or quarter, as (hour, minutes to add), and how many pieces it takes."""
        word, length = self._word(at), 1
        if self._cardinal(at, 3, 3) and self._word(at + 1) == "viertel":
            word, length = "dreiviertel", 2
        back = _PARTS.get(word, 0)
        if not back:
            length = 0
        hour = self._cardinal(at + length, 12, 1) if back else self._cardinal(at, 24)
        if hour is None:
            return None
        return (hour, back), length + 1 + (self._word(at + length + 1) == "uhr")

    def _time(self, hour: int, minutes: int) -> str:
        """ "14:30 Uhr"; minutes may be negative.

        One to six o'clock is in the afternoon, as the dialogue has it, unless the morning is named.
        """
        if 1 <= hour <= 6 and not self.early:
            hour += 12
        moment = (hour * 60 + minutes) % (24 * 60)
        hour, minute = divmod(moment, 60)
        if minute == 0:
            return f"{hour:02d} Uhr" if self.early and hour < 7 else f"{hour} Uhr"
        return f"{hour:02d}:{minute:02d} Uhr"


def says_when(words: Sequence[str]) -> bool:
    """Whether something that can be a day or a time of day was said at all."""
    named = {folded(word) for word in words}
    named_time = named & (WEEKDAYS.keys() | MONTHS.keys() | _NAMES_OF_TIMES)
    return bool(named_time) or any(value_of(word) is not None or number_at(words, at) for at, word in enumerate(words))
