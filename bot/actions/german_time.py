"""Reads days and times of day out of everyday German: "nächsten Dienstag nach zehn", "halb drei".

`time_range(text, now)` is a pure function. ctparse resolves calendar dates, dateutil does the arithmetic; the grammar
here covers what offices hear and ctparse misreads ("halb drei" at night, weeks, day parts, open ends).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta

from ctparse import ctparse
from ctparse.types import Time
from dateutil.relativedelta import relativedelta

from bot.actions.time_wish import TimeRange


def time_range(text: str, now: datetime, *, bare_hour: bool = False) -> TimeRange | None:
    """Return what `text` says about when, or None if it says nothing (or names a day that does not exist).

    `bare_hour`: a number alone ("10", "zehn") is a time of day, because the question was about the time.
    """
    reader = _Reader(_plain(text), now.date())
    if bare_hour:
        reader.take_bare_hour()
    try:
        return reader.read()
    except _NoSuchDay:
        return None


def shifted_wish(text: str, start: datetime) -> TimeRange | None:
    """Return the wish in "eine Stunde später" or "einen Tag später um 8 Uhr", counted from `start`."""
    moved = shifted(text, start)
    if moved is None:
        return None
    said = time_range(text, start)
    if said and said.names_time and moved.time() == start.time():  # moved by days, and a time of day beside it
        return TimeRange(moved.date(), moved.date(), from_time=said.from_time, to_time=said.to_time, exact=said.exact)
    return TimeRange(moved.date(), moved.date(), exact=moved.time().replace(tzinfo=None))


def shifted(text: str, start: datetime) -> datetime | None:
    """Return `start` moved by what the text says: "eine Stunde später", "am Tag davor", "eine Woche früher"."""
    plain = _plain(text)
    named_day = re.search(r"\b(?:am )?tag (davor|vorher|danach|darauf|drauf|spaeter)\b", plain)
    if named_day:
        return start + timedelta(days=-1 if named_day[1] in ("davor", "vorher") else 1)
    if re.search(r"\bwoche (danach|darauf|drauf)\b", plain):
        return start + timedelta(weeks=1)
    amount = re.search(
        rf"\b({_COUNT}) (minuten?|stunden?|tage?n?|wochen?) (spaeter|frueher|vorher|nachher|eher)\b", plain
    )
    if not amount:
        return None
    unit = next(
        delta
        for stem, delta in (
            ("minute", timedelta(minutes=1)),
            ("stunde", timedelta(hours=1)),
            ("tag", timedelta(days=1)),
            ("woche", timedelta(weeks=1)),
        )
        if amount[2].startswith(stem)
    )
    move = _count(amount[1]) * unit
    return start + move if amount[3] in ("spaeter", "nachher") else start - move


def direction(text: str) -> str | None:
    """Return "earlier", "later" or "other" where somebody asks for another time without saying which."""
    plain = _plain(text)
    if re.search(r"\b(frueher|eher|vorher|davor)\b", plain):
        return "earlier"
    if re.search(r"\b(spaeter|danach)\b", plain):
        return "later"
    return "other" if re.search(r"\b(weitere[nrs]?|andere[nrs]?|noch mehr)\b", plain) else None


def wants_another_time(text: str) -> bool:
    """Whether a text asks for another time, wherever in a conversation it stands."""
    return bool(
        re.search(
            r"\b(frueher|spaeter|eher)\b|\b(?:andere[rns]?|neue[rns]?) (?:zeit|uhrzeit|tag|termin|zeiten)\b",
            _plain(text),
        )
    )


# --- words -----------------------------------------------------------------------------------------------------------

_UNITS = {
    "eins": 1, "zwei": 2, "zwo": 2, "drei": 3, "vier": 4, "fuenf": 5, "sechs": 6, "sieben": 7, "acht": 8, "neun": 9,
    "zehn": 10, "elf": 11, "zwoelf": 12, "dreizehn": 13, "vierzehn": 14, "fuenfzehn": 15, "sechzehn": 16,
    "siebzehn": 17, "achtzehn": 18, "neunzehn": 19,
}  # fmt: skip
_TENS = {"zwanzig": 20, "dreissig": 30, "vierzig": 40, "fuenfzig": 50}
_NUMBERS = (
    _UNITS
    | _TENS
    | {
        f"{'ein' if unit == 'eins' else unit}und{ten}": value + tens
        for unit, value in _UNITS.items()
        if value < 10
        for ten, tens in _TENS.items()
    }
)
_ORDINALS = {
    "erst": 1, "zweit": 2, "dritt": 3, "viert": 4, "fuenft": 5, "sechst": 6, "siebt": 7, "siebent": 7, "acht": 8,
    "neunt": 9, "zehnt": 10, "elft": 11, "zwoelft": 12, "dreizehnt": 13, "vierzehnt": 14, "fuenfzehnt": 15,
    "sechzehnt": 16, "siebzehnt": 17, "achtzehnt": 18, "neunzehnt": 19,
} | {
    word + "st": value for word, value in _NUMBERS.items() if 20 <= value <= 31
}  # fmt: skip

_MONTH_WORDS = (
    "januar|jaenner|jan|februar|feb|maerz|mrz|april|apr|mai|juni|jun|juli|jul|august|aug|september|sept|sep"
    "|oktober|okt|november|nov|dezember|dez"
)
_MONTH_NUMBER = {
    "jan": 1, "jae": 1, "feb": 2, "mae": 3, "mrz": 3, "apr": 4, "mai": 5, "jun": 6, "jul": 7, "aug": 8,
    "sep": 9, "okt": 10, "nov": 11, "dez": 12,
}  # fmt: skip
# Full names with the slips people type; two-letter forms only in their own places (see `_abbreviated_weekdays`).
_WEEKDAY_PATTERNS = (
    r"monn?tag", r"di(?:e|n)+stag", r"mitt?w?och", r"donn?er?stag", r"freitag", r"(?:samstag|sonnabend)", r"sonntag",
)  # fmt: skip
_WEEKDAY = "|".join(_WEEKDAY_PATTERNS)
# "Mai Nguyen", "Jan Nowak", "August Krämer": a month of this spelling before another name is a name.
_NAMES_LIKE_MONTHS = r"Jan|März|April|Mai|Juni|Juli|August"
# "den ersten Antrag", "der zweite Stock": counted, no day of a month.
_COUNTED = (
    "termin|etage|stock|kind|antrag|erstantrag|bescheid|brief|besuch|schritt|gespraech|monat|klasse|person|kuerzung"
)
_SHORT_WEEKDAYS = {"mo": "montag", "di": "dienstag", "mi": "mittwoch", "do": "donnerstag", "fr": "freitag"}
_COUNT = r"(?:\d{1,2}|eine[rmns]?|ein|paar)"
_NEXT = r"(?:naechste[nrsm]?|naexte[nrsm]?|nexte[nrsm]?|kommende[nrsm]?|folgende[nrsm]?)"
_AFTER_NEXT = r"(?:uebernaechste[nrsm]?)"
_THIS = r"(?:diese[nrsm]?|laufende[nrsm]?)"
_WHICH = f"{_AFTER_NEXT}|{_NEXT}|{_THIS}"

# Time of day by word: from, to. Offices open between seven and eighteen, so the edges are generous.
_DAY_PARTS: tuple[tuple[str, time | None, time | None], ...] = (
    (r"(?:am )?spaete[nrm]? vormittag", time(10), time(12)),
    (r"(?:am )?fruehe[nrm]? vormittag", time(6), time(10)),
    (r"(?:am )?spaete[nrm]? nachmittag", time(15), time(18)),
    (r"(?:am )?fruehe[nrm]? nachmittag", time(12), time(15)),
    (r"nach (?:der )?arbeit|nach (?:dem )?feierabend", time(16), None),
    (r"vor (?:der )?arbeit", None, time(9)),
    (r"nach (?:dem )?mittag(?:essen)?", time(13), None),
    (r"vor (?:dem )?mittag(?:essen)?|vor mittags", None, time(12)),
    (r"ab (?:dem )?mittag|ab mittags", time(12), None),
    (r"bis (?:zum )?mittag|bis mittags", None, time(12)),
    (r"nach der schule", time(13), None),
    (r"vormittags?|vormittachs?", time(6), time(12)),
    (r"nachmittags?|nachmittachs?", time(12), time(18)),
    (r"mittags?|mittagspause|mittagszeit", time(11), time(14)),
    (r"abends?", time(16), time(20)),
    (r"in der frueh|frueh ?morgens|(?:am|jeden) morgen|morgens|(?:gleich )?frueh", time(6), time(10)),
)
_SOONEST = (
    r"so (?:frueh|schnell|bald|zeitig) (?:wie|als) (?:es )?(?:geht|moeglich)"
    r"|(?:moeglichst|recht) (?:bald|schnell|frueh|zeitig)"
    r"|schnellst ?moeglich\w*|baldmoeglichst|fruehest ?moeglich\w*|ehest ?moeglich|schnellstens|asap"
    r"|(?:der |den |das )?(?:naechste[rsn]?|naechst|erste[rsn]?|1\.) ?(?:freie|moegliche|verfuegbare)[rsn]?(?: termin)?"
    r"|(?:der|den|einen?) (?:naechste[rn]?|fruehe?ste[rn]?|schnellste[rn]?)(?: termin)?"
    r"(?! (?:woche|montag|dienstag|mittwoch|donnerstag|freitag))"
    r"|am (?:schnellsten|fruehe?sten|liebsten (?:sofort|gleich))|sofort|egal wann|wann (?:auch )?immer|jederzeit"
    r"|(?:zeit|tag|uhrzeit|datum) (?:ist |waer(?:e)? )?(?:mir )?egal|(?:ist )?mir egal|immer zeit|bin flexibel"
)


def _plain(text: str) -> str:
    """Lower case, umlauts spelt out, numerals for number words, contact details removed."""
    text = re.sub(r"\S+@\S+", " ", text)
    text = re.sub(r"(?<![\d.])(?:\+|0)(?:[\s/().-]?\d){6,}", " ", text)  # telephone numbers
    text = _without_names_like_months(text)
    text = _abbreviated_weekdays(text)
    for umlaut, spelt in (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss")):
        text = text.replace(umlaut, spelt).replace(umlaut.upper(), spelt)
    text = re.sub(r"[–—]", "-", text.lower())
    text = re.sub(r"\bguten morgen\b|\bguten abend\b", " ", text)
    text = re.sub(r"\b(ein) (?=uhr\b)", "1 ", text)
    text = re.sub(
        r"\b([a-z]+?)(e[nrsm]?)\b(?! termin)",
        lambda found: f"{_ORDINALS[found[1]]}." if found[1] in _ORDINALS else found[0],
        text,
    )
    text = re.sub(r"\b[a-z]+\b", lambda found: str(_NUMBERS.get(found[0], found[0])), text)
    text = re.sub(rf"\b({_WEEKDAY})(s?) ?-?morgens?\b", r"\1\2 morgens", text)
    text = re.sub(rf"\b({_WEEKDAY})(s?)-?((?:vor|nach)?mittag|abend|frueh)(s?)\b", r"\1\4 \3\4", text)
    return re.sub(r"\s+", " ", text).strip()


def _without_names_like_months(text: str) -> str:
    """Leave out a first name that is spelt like a month: no "3." or "im" before it, another name after it."""
    return re.sub(
        rf"(?<![\d.] )(?<![\d.])(?<!\b[Ii]m )(?<!Anfang )(?<!Mitte )(?<!Ende )\b(?:{_NAMES_LIKE_MONTHS})"
        r" (?!(?:Vormittag|Nachmittag|Mittag|Termin|Uhr|Woche))[A-ZÄÖÜ][^\W\d_]+",
        " ",
        text,
    )


def _abbreviated_weekdays(text: str) -> str:
    """Spell out "Di", "Do." and their like where they can hardly be anything else."""

    def spell(found: re.Match[str]) -> str:
        return found[1] + _SHORT_WEEKDAYS[found[2].lower()] + " "

    text = re.sub(
        r"(?i)((?:^|\b(?:am|nächsten|naechsten|kommenden|diesen|oder|lieber)\s+))(mo|di|mi|do|fr)\b\.?(?=\s*(?:$|[,;!?]|\d|um|ab|nach|vor|vor?mittag|nach?mittag|früh|oder|in|geht))",
        spell,
        text,
    )
    return re.sub(r"((?:^|[\s,(/]))(Mo|Di|Mi|Do|Fr)\b\.?,?(?=\s*(?:um |ab |\d{1,2}\s?(?:[.:h]|uhr)))", spell, text)


def _count(word: str) -> int:
    if word.isdigit():
        return int(word)
    return 2 if word == "paar" else 1


class _NoSuchDay(ValueError):
    """A date was written that no calendar has (31.11.)."""


class _Reader:
    """Consumes one normalised text: clock times become `@HH:MM@`, days `#first..last#`; then the ranges are read."""

    def __init__(self, text: str, today: date) -> None:
        self.text = f" {text} "
        self.today = today
        self.weekday_only = False
        self.weekday_after = False
        self.weekdays: frozenset[int] | None = None

    # each pass replaces what it understood, so that no word is read twice

    def read(self) -> TimeRange | None:
        soonest = self._take(_SOONEST)
        self._mark_clock_times()
        self._mark_calendar_dates()
        self._leave_out_weekdays_of_dates()
        self._mark_weekday_filters()
        self._mark_weeks_and_weekdays()
        self._mark_relative_days()
        self._mark_turn_of_the_year()
        self._mark_months()
        day_part = self._take_day_part()
        from_time, to_time, exact = self._read_clock(day_part)
        first_day, last_day = self._read_days()
        found = TimeRange(
            first_day=first_day,
            last_day=last_day,
            weekdays=self.weekdays,
            from_time=from_time,
            to_time=to_time,
            exact=exact,
            soonest=soonest,
            weekday_only=self.weekday_only,
            weekday_after=self.weekday_after and self.weekday_only,
        )
        return found if found.names_days or found.names_time or soonest else None

    def take_bare_hour(self) -> None:
        alone = re.fullmatch(
            r"\s*(?:so |lieber |bitte |dann |ich |um )*(\d{1,2})(?: bitte| waere gut| passt)?[.!?]?\s*",
            self.text,
        )
        if alone and 6 < _office_hour(alone[1]) < 20:
            self.text = f" um {alone[1]} uhr "

    def _take(self, pattern: str) -> bool:
        self.text, count = re.subn(rf"\b(?:{pattern})(?!\w)", " ", self.text, count=1)
        return bool(count)

    def _mark(self, pattern: str, read: Callable[[re.Match[str]], str | None]) -> None:
        self.text = re.sub(pattern, lambda found: read(found) or found[0], self.text)

    def _day(self, first: date, last: date | None = None) -> str:
        return f" #{first.isoformat()}..{(last or first).isoformat()}# "

    # --- time of day

    def _mark_clock_times(self) -> None:
        def to_half(found: re.Match[str]) -> str:
            return _clock(_office_hour(found[1]), 0, -30)

        def around_half(found: re.Match[str]) -> str:
            minutes = _minutes(found[1])
            return _clock(_office_hour(found[3]), 0, -30 + (minutes if found[2] == "nach" else -minutes))

        def around_hour(found: re.Match[str]) -> str:
            minutes = _minutes(found[1])
            return _clock(_office_hour(found[3]), 0, minutes if found[2] == "nach" else -minutes)

        no_other_unit = (
            r"(?! ?(?:\.|tage?n?\b|wochen?\b|monate?n?\b|jahre?n?\b"
            r"|minuten?\b|stunden?\b|euro\b|personen\b|kinder))"
        )
        hour = rf"([01]?\d|2[0-3])(?: ?uhr)?(?![\d.:]\d){no_other_unit}"
        self._mark(rf"\b(viertel|5|10|20) (vor|nach) halb {hour}", around_half)
        self._mark(rf"\bhalb {hour}", to_half)
        self._mark(
            r"\b(viertel|5|10|20|25) (vor|nach) ([01]?\d|2[0-3])\b(?: ?uhr)?(?! ?(?:\.|tage|wochen))", around_hour
        )
        self._mark(rf"\bdreiviertel {hour}", lambda found: _clock(_office_hour(found[1]), 0, -15))
        self._mark(rf"\bviertel {hour}", lambda found: _clock(_office_hour(found[1]), 0, -45))
        self._mark(
            r"(?<!@)\b([01]?\d|2[0-3]):([0-5]\d)(?: ?(?:uhr|h))?\b",
            lambda found: _clock(_office_hour(found[1]), int(found[2])),
        )
        self._mark(
            r"\b([01]?\d|2[0-3])\.([0-5]\d) ?(?:uhr|h)\b", lambda found: _clock(_office_hour(found[1]), int(found[2]))
        )
        self._mark(
            r"(?<=\b(?:um|ab) )([01]?\d|2[0-3])\.([0-5]\d)\b(?!\.)",
            lambda found: _clock(_office_hour(found[1]), int(found[2])),
        )
        self._mark(
            r"\b([01]?\d|2[0-3]) ?(?:uhr|h) ([0-5]?\d)\b(?!\.)",
            lambda found: _clock(_office_hour(found[1]), int(found[2])),
        )
        # "9 bis 11 Uhr", "zwischen 9 und 11", "von 9 - 11": the first number has no "Uhr" of its own
        self._mark(
            r"\b(?:zwischen|von|ab) ([01]?\d|2[0-3])(?: ?uhr)? ?(?:und|bis|-) ?"
            r"([01]?\d|2[0-3])(?: ?uhr)?\b(?![.:]\d|\.)",
            lambda found: f" zwischen {_clock(_office_hour(found[1]), 0)} und {_clock(_office_hour(found[2]), 0)} ",
        )
        self._mark(
            r"\b([01]?\d|2[0-3]) ?(?:bis|-) ?([01]?\d|2[0-3]) ?(?:uhr|h)\b",
            lambda found: f" zwischen {_clock(_office_hour(found[1]), 0)} und {_clock(_office_hour(found[2]), 0)} ",
        )
        self._mark(
            r"\b(zwischen|von|ab) ([01]?\d|2[0-3])(?: ?uhr)? ?(und|bis|-) ?(?=@)",
            lambda found: f"{found[1]} {_clock(_office_hour(found[2]), 0)} {found[3]} ",
        )
        self._mark(r"\b([01]\d|2[0-3])([0-5]\d) ?uhr\b", lambda found: _clock(int(found[1]), int(found[2])))
        self._mark(r"\b([01]?\d|2[0-3]) ?(?:uhr|h)\b", lambda found: _clock(_office_hour(found[1]), 0))
        self._mark(
            r"(?<= )(um|gegen|ca\.?|circa|etwa|ungefaehr|so|punkt|genau|spaetestens|fruehestens|ab|nach|vor|bis) "
            rf"{hour}(?= |[,;!?])",
            lambda found: f"{found[1]} {_clock(_office_hour(found[2]), 0)}",
        )

    def _take_day_part(self) -> tuple[time | None, time | None] | None:
        for pattern, start, end in _DAY_PARTS:
            if self._take(pattern):
                return start, end
        return None

    def _read_clock(
        self, day_part: tuple[time | None, time | None] | None
    ) -> tuple[time | None, time | None, time | None]:
        """Return from, to and exact time of day."""

        def at(marked: str) -> time:
            clock = time.fromisoformat(marked)
            if day_part and day_part[0] and day_part[0] >= time(12) and clock < time(12):  # "drei Uhr nachmittags"
                return clock.replace(hour=clock.hour + 12)
            if day_part and day_part == (time(6), time(10)) and clock >= time(18):  # "um sechs Uhr morgens"
                return clock.replace(hour=clock.hour - 12)
            return clock

        mark = r"@(\d\d:\d\d)@"
        between = re.search(rf"{mark} ?(?:und|bis|-) ?(?:um )?{mark}", self.text)
        if between:
            return at(between[1]), at(between[2]), None
        not_before = re.search(rf"\b(?:nach|ab|fruehestens|nicht vor|spaeter als|erst um)(?: um)? {mark}", self.text)
        not_after = re.search(
            rf"(?:(?<!nicht )\bvor|\bbis|spaetestens|nicht nach|nicht spaeter als|frueher als)(?: um)? {mark}",
            self.text,
        )
        if not_after and re.search(rf"nicht nach {mark}", self.text):
            not_before = None
        if not_before or not_after:
            start = at(not_before[1]) if not_before else (day_part[0] if day_part else None)
            end = at(not_after[1]) if not_after else (day_part[1] if day_part else None)
            return start, end, None
        around = re.search(
            rf"\b(?:gegen|ca\.?|circa|etwa|ungefaehr|so|rum|herum|rund)(?: um| gegen)? {mark}|{mark} (?:rum|herum)",
            self.text,
        )
        if around:
            middle = datetime.combine(self.today, at(around[1] or around[2]))
            return (middle - timedelta(minutes=30)).time(), (middle + timedelta(minutes=31)).time(), None
        exact = re.search(mark, self.text)
        if exact:
            return None, None, at(exact[1])
        return (*day_part, None) if day_part else (None, None, None)

    # --- days

    def _mark_calendar_dates(self) -> None:
        """Mark "3.12.", "3. Dezember 2026", "2026-12-03", "am 24."; ctparse finds year and month that were left out."""
        self._mark(
            r"\b(\d{4})-(\d\d)-(\d\d)\b",
            lambda found: self._day(self._calendar(f"{int(found[3])}.{int(found[2])}.{found[1]}", int(found[3]))),
        )
        self._mark(
            r"(?<![\d.,@:/])(\d{1,2}) ?[./] ?(1[0-2]|0?[1-9])"
            r"(?: ?\. ?(20\d\d|\d\d)\b(?! ?(?:uhr|h\b))|(\.)|\b)(?!\d|[.:]\d)",
            self._numeric_date,
        )
        self._mark(
            rf"\b(\d{{1,2}})\.? ?({_MONTH_WORDS})\b\.?(?: (20\d\d)\b)?",
            lambda found: (
                self._day(
                    self._calendar(f"{found[1]}.{_MONTH_NUMBER[found[2][:3]]}.{_full_year(found[3])}", int(found[1]))
                )
                if 1 <= int(found[1]) <= 31
                else None
            ),
        )
        self._mark(
            rf"\b(am|den|der|zum|vom|ab|bis|dem) (\d{{1,2}})\.(?! ?(?:\d|@|mal\b|frei|\w*woche|{_COUNTED}))",
            lambda found: (
                f"{found[1]} {self._day(self._calendar(f'{found[2]}.', int(found[2])))}"
                if 1 <= int(found[2]) <= 31
                else None
            ),
        )

    def _numeric_date(self, found: re.Match[str]) -> str | None:
        """Take "3.12." and "am 3.12" for a date, but not every pair of numbers ("Hausnummer 3/4", "Version 2.3")."""
        sure = found[3] or found[4] or (len(found[2]) == 2 and "/" not in found[0])
        if not sure and not re.search(r"\b(?:am|den|der|dem|vom|zum|ab|bis) $", found.string[: found.start()]):
            return None
        if not 1 <= int(found[1]) <= 31:
            return None
        return self._day(self._calendar(f"{found[1]}.{found[2]}.{_full_year(found[3])}", int(found[1])))

    def _calendar(self, written: str, day: int) -> date:
        result = ctparse(written, ts=datetime.combine(self.today, time(0)), timeout=0)
        resolved = result.resolution if result else None
        # ctparse quietly turns 31.11. into 30.11.
        if not isinstance(resolved, Time) or resolved.day != day or not resolved.year or not resolved.month:
            raise _NoSuchDay(written)
        return date(resolved.year, resolved.month, resolved.day)

    def _leave_out_weekdays_of_dates(self) -> None:
        """In "Freitag, 11. Dezember" and "11.12., Freitag" the weekday says nothing more: two days would be a span."""
        date_mark = r"#(?P<day>\d{4}-\d\d-\d\d)\.\.(?P=day)#"
        self._mark(rf"\b(?:{_WEEKDAY}) ?,? ?(?:(?:den|dem|der|am) )?(?= *{date_mark})", lambda _: " ")

        def same_day(found: re.Match[str]) -> str | None:
            said = next(number for number, day in enumerate(_WEEKDAY_PATTERNS) if re.fullmatch(day, found[3]))
            return found[1] if date.fromisoformat(found["day"]).weekday() == said else None

        self._mark(rf"({date_mark}) ?[,(]* ?(?:ein(?:em)? |am )?({_WEEKDAY})\b", same_day)

    def _mark_weekday_filters(self) -> None:
        """Read "nur mittwochs", "außer Montag", "montags kann ich nicht"."""
        excluded: set[int] = set()
        wanted: set[int] = set()
        for number, pattern in enumerate(_WEEKDAY_PATTERNS):
            not_that_day = (
                rf"\b(?:(?:nicht|ausser|bloss nicht|kein(?:en)?)(?: am| an einem)? {pattern}s?"
                rf"|{pattern}s? (?:kann ich|geht(?: es)?(?: bei mir)?|passt(?: es)?(?: mir)?|habe ich)"
                r"(?: \w+)? (?:nicht|keine zeit))\b"
            )
            if self._take(not_that_day):
                excluded.add(number)
            if self._take(rf"(?:immer |nur |jeden )?{pattern}s|(?:immer|nur|jeden)(?: am)? {pattern}"):
                wanted.add(number)
        if self._take("unter der woche|werktags|an werktagen"):
            wanted |= set(range(5))
        if wanted or excluded:
            self.weekdays = frozenset((wanted or set(range(7))) - excluded)

    def _mark_weeks_and_weekdays(self) -> None:
        this_monday = self.today - timedelta(days=self.today.weekday())

        def monday(which: str) -> date:
            if re.fullmatch(_AFTER_NEXT, which):
                return this_monday + timedelta(weeks=2)
            if re.fullmatch(_NEXT, which):
                return this_monday + timedelta(weeks=1)
            return this_monday

        week = rf"({_WHICH}) ?woche"
        parts_of_day = "frueh|morgens|vormittags?|mittags?|nachmittags?|abends?"
        for number, pattern in enumerate(_WEEKDAY_PATTERNS):
            coming = self.today + timedelta(days=(number - self.today.weekday() - 1) % 7 + 1)

            def in_week(found: re.Match[str], number: int = number) -> str:
                return self._day(monday(found[1]) + timedelta(days=number))

            def part_of_day_in_week(found: re.Match[str], number: int = number) -> str:
                return f"{self._day(monday(found[2]) + timedelta(days=number))}{found[1]} "

            def weeks_on(found: re.Match[str], coming: date = coming) -> str:
                return self._day(coming + timedelta(weeks=_weeks(found)))

            def weekday_after(_: re.Match[str], coming: date = coming) -> str:
                self.weekday_only = self.weekday_after = True
                return self._day(coming)

            def plain_weekday(found: re.Match[str], number: int = number, coming: date = coming) -> str:
                which = found[1] or ""
                if re.fullmatch(_AFTER_NEXT, which):
                    return self._day(coming + timedelta(weeks=1))
                if re.fullmatch(_THIS, which) and number == self.today.weekday():
                    return self._day(self.today)
                self.weekday_only = not which
                return self._day(coming)

            self._mark(rf"\b{pattern} (?:in |der |in der )?{week}\b", in_week)
            self._mark(rf"\b{pattern} ({parts_of_day}) (?:in |der |in der )?{week}\b", part_of_day_in_week)
            self._mark(rf"\b{week},? (?:(?:am|den|der|ist|waere|dann|vielleicht) )*{pattern}\b", in_week)
            self._mark(rf"\b{pattern} (?:in|ueber) ({_COUNT}) (wochen?|tagen)\b", weeks_on)
            self._mark(rf"\b{pattern} ueber (?:die )?(woche)\b", weeks_on)
            self._mark(rf"\b{pattern} (?:drauf|darauf|danach)\b", weekday_after)
            self._mark(rf"\b(?:({_WHICH}) )?{pattern}\b", plain_weekday)

        parts = {"anfang": (0, 1), "beginn": (0, 1), "mitte": (1, 3), "ende": (3, 4)}

        def part_of_week(found: re.Match[str]) -> str:
            first, last = parts[found[1]]
            start = monday(found[2] or "")
            if not found[2] and start + timedelta(days=last) < self.today:
                start += timedelta(weeks=1)
            return self._day(max(start + timedelta(days=first), self.today), start + timedelta(days=last))

        self._mark(
            rf"\b(?:gegen |zu |am )?(anfang|beginn|mitte|ende) (?:der |von )?(?:({_WHICH}) )?woche\b",
            part_of_week,
        )
        self._mark(r"\bzum (ende) der()woche\b", part_of_week)

        def whole_week(found: re.Match[str]) -> str:
            start = monday(found[1])
            return self._day(max(start, self.today), start + timedelta(days=6))

        self._mark(rf"\b(?:in der |die |in )?{week}\b", whole_week)
        self._mark(
            rf"\b(?:am |an )?(?:({_NEXT}|{_THIS}) )?wochenende\b",
            lambda found: self._day(
                this_monday
                + timedelta(
                    days=5 + (7 if found[1] and re.fullmatch(_NEXT, found[1]) and self.today.weekday() > 3 else 0)
                ),
                this_monday
                + timedelta(
                    days=6 + (7 if found[1] and re.fullmatch(_NEXT, found[1]) and self.today.weekday() > 3 else 0)
                ),
            ),
        )

    def _mark_relative_days(self) -> None:
        def base(word: str) -> date:
            return self.today + timedelta(days={"heute": 0, "morgen": 1, "uebermorgen": 2}[word])

        self._mark(
            rf"\b(heute|morgen|uebermorgen) (?:in|ueber) ({_COUNT}) (wochen?|tagen)\b",
            lambda found: self._day(
                base(found[1])
                + timedelta(days=_count(found[2]) * (7 if found[3].startswith("woche") else 1))
                - (timedelta(days=1) if found[3] == "tagen" and _count(found[2]) in (8,) else timedelta(0))
            ),
        )
        self._mark(r"\bueber-?morgen\b|\buebermorgn\b", lambda _: self._day(base("uebermorgen")))
        self._mark(r"\bheute morgen\b", lambda _: f"{self._day(self.today)} morgens ")
        self._mark(r"(?<!am )(?<!jeden )\b(?:morgen|morgn|moin morgen)\b", lambda _: self._day(base("morgen")))
        self._mark(r"\bheute?\b", lambda _: self._day(self.today))
        self._mark(
            rf"\bin ({_COUNT}) tag(?:en)?\b", lambda found: self._day(self.today + timedelta(days=_count(found[1])))
        )

        def weeks_ahead(found: re.Match[str]) -> str:
            # Said of an appointment, "in zwei Wochen" means that week, not that day.
            day = self.today + timedelta(weeks=_count(found[1]))
            start = day - timedelta(days=day.weekday())
            return self._day(start, start + timedelta(days=6))

        self._mark(rf"\b(?:in|ueber) ({_COUNT}) wochen?\b", weeks_ahead)
        self._mark(
            rf"\bin ({_COUNT}) monat(?:en)?\b",
            lambda found: self._day(
                self.today + relativedelta(months=_count(found[1])) - timedelta(days=3),
                self.today + relativedelta(months=_count(found[1])) + timedelta(days=3),
            ),
        )
        self._mark(
            rf"\bin den (?:naechsten|kommenden) ({_COUNT}) (tagen|wochen)\b",
            lambda found: self._day(
                self.today, self.today + timedelta(days=_count(found[1]) * (7 if found[2] == "wochen" else 1))
            ),
        )
        self._mark(
            r"\bin den (?:naechsten|kommenden) tagen\b", lambda _: self._day(self.today, self.today + timedelta(days=6))
        )

    def _mark_turn_of_the_year(self) -> None:
        year = self.today.year
        self._mark(
            r"\b(vor|nach)(?: den)? (?:weihnachten|feiertagen)\b",
            lambda found: (
                self._day(self.today, date(year, 12, 23))
                if found[1] == "vor"
                else f"ab {self._day(date(year, 12, 27))}"
            ),
        )
        self._mark(
            r"\b(?:im neuen jahr|(?:im )?naechste[sn]? jahr|nach neujahr)\b",
            lambda _: f"ab {self._day(date(year + 1, 1, 1))}",
        )

    def _mark_months(self) -> None:
        def days_of(first: date, part: str | None) -> str:
            last = first + relativedelta(months=1) - timedelta(days=1)
            if part in ("anfang", "beginn"):
                last = first + timedelta(days=9)
            elif part == "mitte":
                first, last = first + timedelta(days=10), first + timedelta(days=19)
            elif part == "ende":
                first = first + timedelta(days=20)
            if last < self.today:
                return days_of(first.replace(day=1) + relativedelta(years=1), part)
            return self._day(max(first, self.today), last)

        def named(found: re.Match[str]) -> str | None:
            if found[0] == found[2] and "#" in found.string:
                return None  # a month alone beside a day is a name or says nothing more
            month = _MONTH_NUMBER[found[2][:3]]
            year = int(found[3]) if found[3] else self.today.year + (month < self.today.month)
            return days_of(date(year, month, 1), found[1])

        def relative(found: re.Match[str]) -> str:
            ahead = 1 if found[2] and re.fullmatch(_NEXT, found[2]) else 2 if found[2] and "ueber" in found[2] else 0
            return days_of(self.today.replace(day=1) + relativedelta(months=ahead), found[1])

        def week_of_month(found: re.Match[str]) -> str:
            month = _MONTH_NUMBER[found[2][:3]]
            first = date(self.today.year + (month < self.today.month), month, 1) + timedelta(weeks=int(found[1]) - 1)
            return self._day(first, first + timedelta(days=6))

        self._mark(rf"\b([1-4])\. ?({_MONTH_WORDS})woche\b", week_of_month)
        self._mark(
            rf"\b(?:im |gegen |zum )?(?:(anfang|beginn|mitte|ende) (?:des |vom )?)?({_MONTH_WORDS})\b(?: (20\d\d))?",
            named,
        )
        self._mark(
            rf"\b(?:im |gegen |zum |zu )?(?:(anfang|beginn|mitte|ende) (?:des )?)?({_WHICH}) monats?\b",
            relative,
        )
        self._mark(r"\b(?:zum |am |gegen )?(anfang|beginn|mitte|ende) (?:des |vom )monats?()\b", relative)
        self._mark(r"\b(?:zum |am |gegen )?monats(anfang|beginn|mitte|ende)()\b", relative)

    def _read_days(self) -> tuple[date | None, date | None]:
        mark = re.compile(r"#(\d{4}-\d\d-\d\d)\.\.(\d{4}-\d\d-\d\d)#")
        found = [(date.fromisoformat(m[1]), date.fromisoformat(m[2])) for m in mark.finditer(self.text)]
        if not found:
            return None, None
        any_mark = r"#[^#]+#"
        if len(found) > 1:
            self.weekday_only = False
            if re.search(rf"{any_mark} *(?:bis|-)(?: zum)? *{any_mark}|zwischen(?: dem)? *{any_mark} *und", self.text):
                return found[0][0], max(found[0][0], found[1][1])
            if re.search(rf"{any_mark} *(?:oder|und|,|/)(?: auch| am| vielleicht)* *{any_mark}", self.text):
                singles = [first for first, last in found if first == last]
                if len(singles) == len(found) and (max(singles) - min(singles)).days < 7:
                    self.weekdays = frozenset(day.weekday() for day in singles)
                return min(first for first, _ in found), max(last for _, last in found)
            narrowed = self._intersection(found)
            if narrowed:
                return narrowed
            return found[-1]  # "nicht morgen, sondern Freitag": what is said last counts
        first, last = found[0]
        if re.search(rf"\b(?:ab|fruehestens|nicht vor|erst)(?: dem| der| am)? *{any_mark}", self.text):
            return first, None
        if re.search(rf"\bnach(?: dem)? *{any_mark}", self.text):
            return last + timedelta(days=1), None
        if re.search(rf"(?:(?<!nicht )\bvor|noch vor)(?: dem)? *{any_mark}", self.text):
            return self.today, first - timedelta(days=1)
        if re.search(rf"\b(?:bis|spaetestens)(?: zum| am| spaetestens)* *{any_mark}", self.text):
            return self.today, last
        return first, last

    @staticmethod
    def _intersection(found: list[tuple[date, date]]) -> tuple[date, date] | None:
        """What all say together: "Dienstag, den 24." or "nächste Woche, am 25." name one day twice."""
        first, last = max(start for start, _ in found), min(end for _, end in found)
        return (first, last) if first <= last else None


def _minutes(word: str) -> int:
    return 15 if word == "viertel" else int(word)


def _weeks(found: re.Match[str]) -> int:
    """Weeks after the coming weekday: "in acht Tagen" and "über die Woche" mean one."""
    if found[1] == "woche":
        return 1
    return _count(found[1]) if found[2].startswith("woche") else round(_count(found[1]) / 7)


def _office_hour(hour: str) -> int:
    """One to six o'clock said without a leading zero is in the afternoon: nobody visits an office at three at night."""
    value = int(hour)
    return value + 12 if 1 <= value <= 6 and not hour.startswith("0") else value


def _clock(hour: int, minute: int, shift: int = 0) -> str:
    moment = datetime(2000, 1, 1, hour % 24, minute) + timedelta(minutes=shift)  # noqa: DTZ001 - only the time of day is used
    return f"@{moment:%H:%M}@"


def _full_year(written: str | None) -> str:
    if not written:
        return ""
    return written if len(written) == 4 else f"20{written}"
