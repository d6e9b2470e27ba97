"""Numbers, dates, times, money and letters as German callers say them, cut into words the way the recogniser writes
them.

One word each: 0 to 99 (`siebenundzwanzig`), a count of hundreds (`hundert`, `einhundert` … `neunhundert`, in years also
`elfhundert` … `neunzehnhundert`), a count of thousands up to twelve (`tausend`, `eintausend` … `zwölftausend`).
Everything else is put together from these: 350 is `dreihundert fünfzig`, 2026 `zweitausend sechsundzwanzig`, 1988
`neunzehnhundert achtundachtzig`, 45,000 `fünfundvierzig tausend`. A parser behind the recogniser adds them up.
"""

from __future__ import annotations

ONES = [
    "null",
    "eins",
    "zwei",
    "drei",
    "vier",
    "fünf",
    "sechs",
    "sieben",
    "acht",
    "neun",
    "zehn",
    "elf",
    "zwölf",
    "dreizehn",
    "vierzehn",
    "fünfzehn",
    "sechzehn",
    "siebzehn",
    "achtzehn",
    "neunzehn",
]
TENS = ["", "", "zwanzig", "dreißig", "vierzig", "fünfzig", "sechzig", "siebzig", "achtzig", "neunzig"]
DIGITS = ONES[:10]
WEEKDAYS = ["montag", "dienstag", "mittwoch", "donnerstag", "freitag", "samstag", "sonntag"]
MONTHS = [
    "januar",
    "februar",
    "märz",
    "april",
    "mai",
    "juni",
    "juli",
    "august",
    "september",
    "oktober",
    "november",
    "dezember",
]
_ORDINALS = [
    "nullt",
    "erst",
    "zweit",
    "dritt",
    "viert",
    "fünft",
    "sechst",
    "siebt",
    "acht",
    "neunt",
    "zehnt",
    "elft",
    "zwölft",
]
_LETTER_NAMES = {"ß": "eszett"}


def below_hundred(number: int) -> str:
    """0 to 99 as one word."""
    if number < 20:
        return ONES[number]
    tens, ones = divmod(number, 10)
    return f"{_joined(ones)}und{TENS[tens]}" if ones else TENS[tens]


def _joined(number: int) -> str:
    """The form a number takes in front of another part: `ein`, not `eins`."""
    return "ein" if number == 1 else below_hundred(number)


def cardinal(number: int, *, bare: bool = True) -> list[str]:
    """A number from 0 to 999,999 as words; `bare` says `hundert` for 100, otherwise `einhundert`."""
    if number < 100:
        return [below_hundred(number)]
    if number < 1000:
        count, rest = divmod(number, 100)
        head = ["hundert" if count == 1 and bare else f"{_joined(count)}hundert"]
    else:
        count, rest = divmod(number, 1000)
        if count == 1:
            head = ["tausend" if bare else "eintausend"]
        elif count <= 12:
            head = [f"{_joined(count)}tausend"]
        else:
            head = [*cardinal(count, bare=bare), "tausend"]
    return head + (cardinal(rest, bare=bare) if rest else [])


def year(number: int) -> list[str]:
    """A year as it is said: 1988 is `neunzehnhundert achtundachtzig`, 2026 `zweitausend sechsundzwanzig`."""
    if 1100 <= number < 2000:
        century, rest = divmod(number, 100)
        return [f"{below_hundred(century)}hundert", *(cardinal(rest) if rest else [])]
    return cardinal(number)


def ordinal(number: int, ending: str = "en") -> str:
    """1 to 99 as an ordinal: 3 is `dritten`, 21 `einundzwanzigsten`."""
    if number <= 12:
        return _ORDINALS[number] + ending
    return below_hundred(number) + ("t" if number < 20 else "st") + ending


def digits(number: str) -> list[str]:
    """Every digit of a number by itself: telephone numbers, postcodes, customer numbers."""
    return [DIGITS[int(character)] for character in number if character.isdigit()]


def letters(word: str) -> list[str]:
    """A word spelt out; the letters are words of their own."""
    return [_LETTER_NAMES.get(character, character) for character in word.lower() if character.isalpha()]


def money(euros: int, cents: int = 0) -> list[str]:
    """An amount: 12,50 is `zwölf euro fünfzig`, one euro `ein euro`."""
    whole = ["ein"] if euros == 1 else cardinal(euros)
    return [*whole, "euro", *(cardinal(cents) if cents else [])]


def clock(hour: int, minute: int = 0) -> list[str]:
    """A time of day by the clock: 14:30 is `vierzehn uhr dreißig`."""
    return [_joined(hour), "uhr", *(cardinal(minute) if minute else [])]


def clock_times() -> list[str]:
    """Every common way to say a time of day; the largest grammar that is asked."""
    exact = [" ".join(clock(hour, minute)) for hour in range(24) for minute in range(60)]
    before = (
        (["halb", "viertel", "dreiviertel"])
        + [f"{step} {side}" for step in ("viertel", "fünf", "zehn", "zwanzig", "kurz") for side in ("vor", "nach")]
        + ["fünf vor halb", "fünf nach halb"]
    )
    return exact + [f"{start} {ONES[hour]}" for start in before for hour in range(1, 13)]


def vocabulary() -> set[str]:
    """All words that numbers, dates and spelt words are put together from."""
    words = {below_hundred(number) for number in range(100)} | {
        "ein",
        "zwo",
        "hundert",
        "tausend",
        "uhr",
        "euro",
        "cent",
    }
    words |= {f"{_joined(count)}hundert" for count in [*range(1, 10), *range(11, 20)]}
    words |= {f"{_joined(count)}tausend" for count in range(1, 13)}
    words |= {ordinal(number, ending) for number in range(1, 32) for ending in ("e", "en", "er")}
    words |= set(WEEKDAYS) | set(MONTHS) | set("abcdefghijklmnopqrstuvwxyzäöü") | {"eszett"}
    return words
