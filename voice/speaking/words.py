"""German text as people say it: plain words for any synthesiser.

What comes out holds only letters, blanks and the marks . , ; : ! ? and a hyphen inside words. Each step looks for one
kind of writing and leaves words behind, so that no later step takes it for something else; the order matters: what has
the more telling shape comes first (a date before an ordinal, a telephone number before a number).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import cache

import phonenumbers

from voice.speaking.forms import forms
from voice.speaking.markup import plain_text
from voice.speaking.numerals import (
    MOST_DIGITS,
    cardinal,
    clock,
    day_ending,
    decimal,
    euros,
    one,
    ordinal,
    ordinal_ending,
    quantity,
    year,
)
from voice.speaking.spelling import ZERO_TO_NINE, digits, groups, letters

_MONTHS = (
    "Januar", "Februar", "März", "April", "Mai", "Juni",
    "Juli", "August", "September", "Oktober", "November", "Dezember",
)  # fmt: skip
_MONTH = "(?:Jan(?:uar|\\.)|Feb(?:ruar|\\.)|März|Mrz\\.|Apr(?:il|\\.)|Mai|Juni|Jun\\.|Juli|Jul\\.|Aug(?:ust|\\.)"
_MONTH += "|Sep(?:tember|t\\.|\\.)|Okt(?:ober|\\.)|Nov(?:ember|\\.)|Dez(?:ember|\\.))"
_DAYS = {
    "Mo": "Montag", "Di": "Dienstag", "Mi": "Mittwoch", "Do": "Donnerstag", "Fr": "Freitag", "Sa": "Samstag",
    "So": "Sonntag",
}  # fmt: skip
_DAY = "(?:" + "|".join(_DAYS) + ")"
_NUMBER = r"(?:\d{1,3}(?:\.\d{3})+|\d+)(?:,\d+)?"
_ROMAN = {
    "I": 1, "II": 2, "III": 3, "IV": 4, "V": 5, "VI": 6,
    "VII": 7, "VIII": 8, "IX": 9, "X": 10, "XI": 11, "XII": 12,
}  # fmt: skip
_FRACTIONS = {
    "½": "ein halb", "¼": "ein Viertel", "¾": "drei Viertel", "⅓": "ein Drittel", "⅔": "zwei Drittel",
    "1/2": "ein halb", "1/4": "ein Viertel", "3/4": "drei Viertel", "1/3": "ein Drittel", "2/3": "zwei Drittel",
}  # fmt: skip
# Words that begin a sentence: a number with a full stop before them is the end of one, not an ordinal.
_STARTERS = {
    "Sie", "Das", "Die", "Der", "Den", "Dem", "Dann", "Danach", "Davon", "Dazu", "Dabei", "Darüber", "Es", "Er",
    "Ihr", "Ihre", "Ihren", "Ein", "Eine", "Einen", "Für", "Wenn", "Wer", "Wir", "Ich", "Bei", "Nach", "Im", "In",
    "Am", "Ab", "An", "Auf", "Aus", "Mit", "Ohne", "Bis", "Von", "Vor", "Zu", "Zum", "Zur", "Was", "Wie", "Wo",
    "Wann", "Ist", "Sind", "Hat", "Haben", "Kann", "Können", "Möchten", "Bitte", "Fragen", "Melden", "Sagen", "Geben",
    "Gilt", "Beim", "Sonst", "Auch", "Nur", "Und", "Oder", "Aber", "Alle", "Meist", "Mehr", "Kinder", "Unter", "Über",
    "So", "Hier", "Dort", "Dafür", "Darf", "Muss", "Soll", "Wird", "Werden", "Rufen", "Stellen", "Diese", "Dieser",
    "Dieses", "Soweit", "Damit", "Weil", "Da", "Als",
}  # fmt: skip
_LAW_PART = "(?:Absatz|Absätze|Satz|Sätze|Nummern?|Halbsatz|Buchstaben?|Alternative|Unterabsatz)"

Step = Callable[[str], str]


def spoken_words(text: str) -> str:
    """The text in plain words; the words of this function come out as they went in."""
    for step in _steps():
        text = step(text)
    return text


@cache
def _steps() -> tuple[Step, ...]:
    return (
        _clean, plain_text, _calm_capitals, _contacts, _dates, _times, _weekdays, _laws, _short_forms, _codes, _phones,
        _money, _units, _ranges, _ordinals, _words_in_capitals, _counted, _numbers, _signs, _marks,
    )  # fmt: skip


def _clean(text: str) -> str:
    text = unicodedata.normalize("NFC", text).replace("\xad", "").replace("\u200b", "")
    text = re.sub(r"[\u00a0\u2000-\u200a\u202f\u205f\u3000\t\r\f\v]", " ", text)
    text = re.sub(r"(?<=[\d%€a-z])\s−\s(?=\d)", " minus ", text)
    text = re.sub(r"[\u2010\u2011\u2212]", "-", text)
    return "".join(sign for sign in text if sign == "\n" or unicodedata.category(sign)[0] != "C")


def _calm_capitals(text: str) -> str:
    """A text that shouts is read like any other."""
    words = re.findall(r"[^\W\d_]{2,}", text)
    if len(words) > 2 and all(word.isupper() for word in words) and max(map(len, words)) > 5:
        return re.sub(r"[^\W\d_]{2,}", lambda found: found[0].capitalize(), text)
    return text


# --- mail, addresses in the web


def _contacts(text: str) -> str:
    text = re.sub(r"(?<![\w.+-])([\w.+-]{1,64})@((?:[\w-]{1,63}\.){1,5}[A-Za-z]{2,24})\b", _mail, text)
    address = r"\b(?:https?://|www\.)([\w-]+(?:\.[\w-]+)*)(?::\d+)?(?:/[^\s<>\"“”)]*[\w/])?"
    text = re.sub(address, lambda found: _host(re.sub(r"^www\.", "", found[1])), text)
    return re.sub(
        r"(?<![\w.])((?:[a-zäöüß0-9-]{2,63}\.){1,4}(?:de|com|org|net|eu|info|example|berlin|hamburg|bayern|at|ch))(?:/[\w/.-]*\w)?(?![\w-])",
        lambda found: _host(found[1]),
        text,
    )


def _mail(found: re.Match[str]) -> str:
    signs = {".": " Punkt ", "-": " Bindestrich ", "_": " Unterstrich ", "+": " plus "}
    local = re.sub(r"[._+-]", lambda sign: signs[sign[0]], found[1])
    return f"{_letters_and_digits(local)} at {_host(found[2])}"


def _host(host: str) -> str:
    *names, ending = host.split(".")
    said = [_letters_and_digits(name.replace("-", " Bindestrich ")) for name in names]
    return " Punkt ".join([*said, " ".join(ending) if len(ending) == 2 else ending])


def _letters_and_digits(name: str) -> str:
    return " ".join(re.sub(r"\d", lambda digit: f" {ZERO_TO_NINE[int(digit[0])]} ", name).split())


# --- dates and times


def _dates(text: str) -> str:
    text = re.sub(r"(?<![\d-])(\d{4})-(\d\d)-(\d\d)(?![\d-])", _iso_date, text)
    # From the left, so that what is already said decides over the next ending.
    days = rf"((?:\b\d{{1,2}}\.\s?(?:bis|und|oder|,|-|–)?\s?){{1,6}})({_MONTH})(?:(?=\W|$)(?:\s(\d{{4}})\b)?)"
    text = re.sub(days, _written_date, text)
    numeric = r"(?<![\d.,])(\d{1,2})\.\s?(\d{1,2})\.(?:\s?(\d{4})|(\d\d))?(?![\d])(?!\.\d)"
    text = re.sub(numeric, _numeric_date, text)
    text = re.sub(r"(?<![\d.,/])(0?[1-9]|1[0-2])/((?:19|20)\d\d)(?![\d/])", _month_of_year, text)
    text = re.sub(rf"\b({_MONTH})\s((?:19|20)\d\d)\b", lambda m: f"{_month_name(m[1])} {year(int(m[2]))}", text)
    return re.sub(rf"(?<![\d.,])(19\d\d)(?![\d.,]*\d)(?!\s?(?:{_unit_pattern()}))", lambda m: year(int(m[1])), text)


def _iso_date(found: re.Match[str]) -> str:
    return _date(found, int(found[3]), int(found[2]), found[1]) or found[0]


def _written_date(found: re.Match[str]) -> str:
    article, ending = day_ending(found.string[max(0, found.start() - 60) : found.start()])

    def day(number: re.Match[str]) -> str:
        said = int(number[1])
        return f"{ordinal(said, ending)} " if 1 <= said <= 31 else f"{cardinal(said)}. "

    said = re.sub(r"(\d{1,2})\.", day, found[1])
    said = re.sub(r"\s?[-–]\s?", " bis ", said)
    return f"{article}{said} {_month_name(found[2])}" + (f" {year(int(found[3]))}" if found[3] else "")


def _numeric_date(found: re.Match[str]) -> str:
    written_year = found[3] or (f"20{found[4]}" if found[4] else "")
    said = _date(found, int(found[1]), int(found[2]), written_year)
    if not said:
        return found[0]
    after = found.string[found.end() : found.end() + 24]
    ends_here = not written_year and re.match(r"\s*$|\s+[A-ZÄÖÜ]", after)
    return said + ("." if ends_here else "")


def _date(found: re.Match[str], day: int, month: int, written_year: str) -> str:
    if not (1 <= day <= 31 and 1 <= month <= 12):
        return ""
    article, ending = day_ending(found.string[max(0, found.start() - 60) : found.start()])
    said = f"{article}{ordinal(day, ending)} {_MONTHS[month - 1]}"
    return f"{said} {year(int(written_year))}" if written_year else said


def _month_of_year(found: re.Match[str]) -> str:
    return f"{_MONTHS[int(found[1]) - 1]} {year(int(found[2]))}"


def _month_name(written: str) -> str:
    return next((name for name in _MONTHS if name.startswith(written.rstrip(".")[:3])), "März")


def _times(text: str) -> str:
    time = r"(\d{1,2})(?:[:.](\d\d))?"
    text = re.sub(rf"(?<![\d.,:]){time}\s?(?:Uhr\s)?(?:-|–|bis)\s?{time}\s?Uhr\b", _span, text)
    text = re.sub(r"(?<![\d.,:])(\d{1,2}):(\d\d)\s?(?:-|–|bis)\s?(\d{1,2}):(\d\d)(?![\d:])", _span, text)
    text = re.sub(rf"(?<![\d.,:]){time}\s?Uhr\b(?!\s\d)", _moment, text)
    text = re.sub(r"(?<![\d.,:])(\d{1,2})\sUhr\s(\d{1,2})(?![\d.,:]*\d)", _moment, text)
    text = re.sub(r"(?<![\d.,:])(\d{1,2})\sUhr\b", lambda m: clock(int(m[1])) if int(m[1]) <= 24 else m[0], text)
    return re.sub(r"(?<![\d.,:])(\d{1,2}):(\d\d)(?![\d:])", _moment, text)


def _moment(found: re.Match[str]) -> str:
    hour, minute = int(found[1]), int(found[2] or 0)
    return clock(hour, minute) if hour <= 24 and minute < 60 else found[0]


def _span(found: re.Match[str]) -> str:
    hours, minutes = (int(found[1]), int(found[3])), (int(found[2] or 0), int(found[4] or 0))
    if max(hours) > 24 or max(minutes) > 59:
        return found[0]
    start = clock(hours[0], minutes[0]) if minutes[0] else clock(hours[0]).removesuffix(" Uhr")
    return f"{'eins' if start == 'ein' else start} bis {clock(hours[1], minutes[1])}"


def _weekdays(text: str) -> str:
    text = re.sub(rf"\b({_DAY})\.?\s?(?:-|–|bis)\s?({_DAY})\b\.?", lambda m: f"{_DAYS[m[1]]} bis {_DAYS[m[2]]}", text)
    listed = rf"\b{_DAY}\b\.?(?:\s?(?:,|/|\+|&|und)\s?{_DAY}\b\.?)+"
    text = re.sub(listed, lambda m: re.sub(rf"({_DAY})\b\.?", lambda day: _DAYS[day[1]], m[0].replace("/", ", ")), text)
    # A day in front of a time; "So" is a word too, and "Fr." a title.
    hour = r"(?=[:,]?\s(?:\d|(?:von|ab|bis|um)\s|(?:acht|neun|zehn|elf|zwölf|ein|zwei|drei|vier)\w*\s(?:Uhr|bis)))"
    return re.sub(rf"\b({_DAY})\b\.?{hour}", lambda m: m[0] if m[1] == "So" and "." not in m[0] else _DAYS[m[1]], text)


# --- law


def _laws(text: str) -> str:
    text = re.sub(r"§§\s?", "Paragrafen ", text)
    text = re.sub(r"§\s?", "Paragraf ", text)
    text = re.sub(r"\bSGB(?:[\s-]?([IVX]{1,4})\b)?", lambda m: "S G B" + (f" {_roman(m[1])}" if m[1] else ""), text)
    text = re.sub(
        r"\b(Alg|ALG|Hartz|Teil|Kapitel|Buch|Stufe|Abschnitt)[\s-]([IVX]{1,4})\b",
        lambda m: f"{m[1]} {_roman(m[2])}",
        text,
    )
    return re.sub(
        r"\b(?:Paragraf(?:en)?|Artikel|Art\.)\s\d(?:(?:[\s,]|\d+[a-z]?\b\.?|bis|und|oder|-|–|ff?\.|[ivxIVX]+\b"
        r"|Abs\.|Nrn?\.|Hs\.|Buchst\.|S\.|" + _LAW_PART + r"|[a-z]\b))*(?:\s?(?:S G B \w+|[A-ZÄÖÜ]\w*(?:G|GB|O|V)\b))?",
        _citation,
        text,
    )


def _citation(found: re.Match[str]) -> str:
    said = found[0]
    parts = {**forms().abbreviations, "S.": "Satz"}
    said = re.sub(r"\b(Abs|Nrn?|Hs|Buchst|S)\.", lambda m: parts[m[0]], said)
    said = re.sub(r"\bArt\.", "Artikel", said)
    said = re.sub(r"(?<=\d)\s?ff\.", " folgende", said)
    said = re.sub(r"(?<=\d)\s?f\.", " folgender", said)
    said = re.sub(r"(\d)\s?[-–]\s?(\d)", r"\1 bis \2", said)
    said = re.sub(r"\b(\d+)([a-z])\b", r"\1 \2", said)
    said = re.sub(rf",?\s({_LAW_PART})\b", r", \1", said)
    said = re.sub(r",?\s(S G B \w+|[A-ZÄÖÜ]\w*(?:G|GB|O|V))$", r", \1", said)
    said = re.sub(rf"(?<=und), (?={_LAW_PART})|(?<=oder), (?={_LAW_PART})", " ", said)
    return re.sub(r"\d+", lambda m: _whole(m[0]), said)


def _roman(written: str) -> str:
    return cardinal(_ROMAN[written]) if written in _ROMAN else " ".join(written)


# --- short forms


def _short_forms(text: str) -> str:
    text = re.sub(r"(\w{2,})[:*_·/]-?(innen|in)\b", r"\1-\2", text)
    text = re.sub(r"\bund/oder\b", "und oder", text)
    text = re.sub(r"(?<=[a-zäöü])str\.(?=\s|,|$)", "straße", text)
    pattern, table = _abbreviations()
    text = pattern.sub(lambda found: _said_form(found, table), text)
    pattern, table = _before_numbers()
    text = pattern.sub(lambda found: table[found[1].replace(" ", "")], text)
    text = _word_pattern().sub(lambda found: forms().words[found[0]], text)
    return re.sub(r"\b(?:II|III|IV|VI|VII|VIII|IX|XI|XII)\b(?!\.\w)", lambda m: _roman(m[0]), text)


def _said_form(found: re.Match[str], table: dict[str, str]) -> str:
    written = found[0].replace(" ", "")
    said = table.get(written) or table[written[:1].lower() + written[1:]]
    if written[0].isupper() and written not in table:
        said = said[0].upper() + said[1:]
    ends = written in ("usw.", "etc.", "ff.") and re.match(r"\s*$|\s+[A-ZÄÖÜ]", found.string[found.end() :][:8])
    return said + ("." if ends else "")


@cache
def _abbreviations() -> tuple[re.Pattern[str], dict[str, str]]:
    table = {written.replace(" ", ""): said for written, said in forms().abbreviations.items()}
    capitalised = [key[0].upper() + key[1:] for key in table if key[0].islower()]
    keys = sorted({*table, *capitalised}, key=len, reverse=True)
    shapes = [re.sub(r"\\\.(?=.)", r"\\.\\s?", re.escape(key)) for key in keys]
    return re.compile(r"(?<![\w.])(?:" + "|".join(shapes) + r")(?!\w)"), table


@cache
def _before_numbers() -> tuple[re.Pattern[str], dict[str, str]]:
    table = forms().before_numbers
    return re.compile(r"(?<!\w)(" + "|".join(map(re.escape, table)) + r")(?=\s?\d)"), table


@cache
def _word_pattern() -> re.Pattern[str]:
    keys = sorted(forms().words, key=len, reverse=True)
    return re.compile(r"(?<![\w-])(?:" + "|".join(map(re.escape, keys)) + r")(?![\w])")


# --- codes and telephone numbers


def _codes(text: str) -> str:
    text = re.sub(r"\b(\d{3,5})\s?(BG)\s?(\d{5,7})\b", lambda m: f"{digits(m[1])}, B G, {digits(m[3])}", text)
    text = re.sub(r"\b[A-Z]{2}\d\d(?:\s?[0-9A-Z]{4}){3,7}(?:\s?[0-9A-Z]{1,3})?(?!\w)", _iban, text)
    codes = r"\bPostleitzahl(?:en)?\s\d{5}\b(?:(?:,|\sund|\soder)\s\d{5}\b)*"
    text = re.sub(codes, lambda m: re.sub(r"\d{5}", lambda code: _single(code[0]), m[0]), text)
    text = re.sub(r"(?<![\d.,/-])(\d{5})(?=\s[A-ZÄÖÜ][a-zäöüß])", _postcode, text)
    code = r"(?<![\w-])(?=[\dA-Z-]*[A-Z])(?=[\dA-Z-]*\d)[A-Z\d]+(?:-[A-Z\d]+)*(?![\w-])"
    return re.sub(code, _code, text)


def _postcode(found: re.Match[str]) -> str:
    after = re.match(r"\s(\w+)", found.string[found.end() :][:40])
    counted = after and (after[1] in forms().units.values() or after[1] in forms().genders)
    return found[0] if counted or found[1].endswith("000") else _single(found[1])


def _iban(found: re.Match[str]) -> str:
    signs = found[0].replace(" ", "")
    return ", ".join(letters(signs[start : start + 4]) for start in range(0, len(signs), 4))


def _code(found: re.Match[str]) -> str:
    written = found[0]
    short = re.fullmatch(r"([A-Z]{1,2})(\d{1,2})", written)
    if short:
        return f"{' '.join(short[1])} {cardinal(int(short[2]))}"
    said = []
    for part in written.split("-"):
        if re.fullmatch(r"20\d\d", part):
            said.append(year(int(part)))
        elif part.isdecimal():
            said.append(digits(part))
        else:
            said += [letters(part[start : start + 4]) for start in range(0, len(part), 4)]
    return ", ".join(said)


def _phones(text: str) -> str:
    text = re.sub(r"\b116[\s-]?(\d{3})\b(?![\d.,]*\d)", lambda m: f"eins eins sechs, {_single(m[1])}", text)
    text = re.sub(r"(?<![\d.,+-])(11[025])\b(?!(?:[.,:-]?\d|\s?[€%]|\s(?:\d|[A-ZÄÖÜ])))", lambda m: _single(m[1]), text)
    number = r"(?<![\w.,/-])(?:\+|00|\(?0)\d{0,5}\)?(?:[\s/-]{0,3}\(?\d{1,12}\)?){1,8}(?![\w])"
    return re.sub(number, _phone, text)


def _phone(found: re.Match[str]) -> str:
    written = found[0]
    signs = [sign for sign in written if sign.isdecimal()]
    if not 6 <= len(signs) <= MOST_DIGITS or (written[0] not in "+(0") or re.fullmatch(r"(\d )+\d", written):
        return written
    try:
        number = phonenumbers.parse(written, "DE")
    except phonenumbers.NumberParseException:
        return digits(written)
    national = str(number.national_number)
    prefix = "" if number.country_code == 49 else f"plus {_single(str(number.country_code))}, "
    area = phonenumbers.length_of_national_destination_code(number)
    if not area and national[:2] in ("15", "16", "17"):
        area = 3
    front = ("0" if number.country_code == 49 else "") + national[:area]
    said = [front] if front else []
    rest = _own_groups(written, national[area:]) or [
        "".join(map(str, group)) for group in groups([int(sign) for sign in national[area:]])
    ]
    return prefix + ", ".join(_single(part) for part in [*said, *rest] if part)


def _own_groups(written: str, rest: str) -> list[str]:
    """The groups in which somebody wrote the number down, where they can be said: two to four digits each."""
    parts = re.findall(r"\d+", written)
    for start in range(len(parts)):
        if "".join(parts[start:]) == rest and all(2 <= len(part) <= 4 for part in parts[start:]):
            return parts[start:]
    return []


def _single(signs: str) -> str:
    return " ".join(ZERO_TO_NINE[int(sign)] for sign in signs if sign.isdecimal())


# --- amounts, quantities, ranges


def _money(text: str) -> str:
    text = re.sub(rf"(?:€|EUR\b)\s?({_NUMBER})(?![.,]?\d)", r"\1 €", text)
    text = re.sub(r"(?<=\d),[-–]{1,2}(?=\s?(?:€|Euro|EUR))", "", text)
    text = re.sub(r"(?<![\d.,])(\d+)\.(\d\d?)(?=\s?(?:€|Euro\b|EUR\b|%))", r"\1,\2", text)
    text = re.sub(r"(?<![\w.,-])-(?=\d[\d.,]*\s?(?:€|Euro\b|EUR\b|%|Prozent\b|Grad\b|°))", "minus ", text)
    span = rf"(?<![\d.,])({_NUMBER})\s?(?:€|Euro|EUR)?\s?(?:-|–)\s?({_NUMBER})\s?(?:€|Euro\b|EUR\b)"
    text = re.sub(span, lambda m: f"{_amount(m[1])} bis {euros(m[2])}", text)
    text = re.sub(rf"(?<![\d.,])({_NUMBER})\s?(?:€|Euro(?![\w])|EUR\b)", _euro_amount, text)
    return re.sub(r"(?<=Euro)\s?/\s?(?=\w)", " pro ", text)


def _amount(written: str) -> str:
    return euros(written) if "," in written else decimal(written)


def _euro_amount(found: re.Match[str]) -> str:
    before = found.string[max(0, found.start() - 40) : found.start()]
    return f"{one(1, before, 'Euro')} Euro" if found[1] == "1" else euros(found[1])


@cache
def _unit_pattern() -> str:
    return "|".join(re.escape(unit) + (r"(?!\w)" if unit[-1].isalpha() else "") for unit in
                    sorted(forms().units, key=len, reverse=True))  # fmt: skip


def _units(text: str) -> str:
    units = forms().units
    span = rf"(?<![\d.,])({_NUMBER})\s?(?:-|–)\s?({_NUMBER})\s?({_unit_pattern()})"
    text = re.sub(span, lambda m: f"{decimal(m[1])} bis {decimal(m[2])} {units[m[3]]}", text)
    text = re.sub(rf"(?<![\d.,])({_NUMBER})\s?({_unit_pattern()})", lambda m: quantity(m[1], units[m[2]]), text)
    return re.sub(r"(meter|tunden?|gramm)\s?/\s?(?=\w)", r"\1 pro ", text)


def _ranges(text: str) -> str:
    text = re.sub("[½¼¾⅓⅔]", lambda m: f" {_FRACTIONS[m[0]]} ", text)
    text = re.sub(r"(?<![\d/])24/7(?![\d/])", "rund um die Uhr", text)
    text = re.sub(r"(?<![\d/.,])([12]/[23]|[13]/4)(?![\d/])", lambda m: _FRACTIONS.get(m[1], m[0]), text)
    span = rf"(?<![\d.,-])({_NUMBER})\s?(?:-|–)\s?({_NUMBER})(?![\d.,-]*\d)"
    text = re.sub(span, lambda m: f"{decimal(m[1])} bis {decimal(m[2])}", text)
    text = re.sub(r"\b(\d{1,4})\s?[x×](?=[\s.,;!?]|$)", lambda m: f"{'ein' if m[1] == '1' else _whole(m[1])}mal", text)
    text = re.sub(r"\b(\d{1,4})-(?=[a-zäöü])", lambda m: "ein" if m[1] == "1" else _whole(m[1]), text)
    return re.sub(r"\b(\d{1,4})-(?=[A-ZÄÖÜ])", lambda m: f"{'ein' if m[1] == '1' else _whole(m[1])}-", text)


# --- what is left of numbers


def _ordinals(text: str) -> str:
    def said(found: re.Match[str]) -> str:
        before = found.string[max(0, found.start() - 60) : found.start()]
        follows = found[2]
        article, ending = ordinal_ending(before)
        begins = not before.strip() or before.rstrip()[-1] in ".!?:;"
        governed = bool(article) or ending in ("", "n")
        if follows in _STARTERS or not (governed or begins or follows[0].islower()):
            return found[0]
        return f"{ordinal(int(found[1]), ending)} {follows}"

    return re.sub(r"(?<![\d.,:])(\d{1,3})\.\s(\w+)", said, text)


def _words_in_capitals(text: str) -> str:
    def said(found: re.Match[str]) -> str:
        word = found[0]
        sayable = len(word) >= 5 and re.search("[AEIOUÄÖÜ]", word)
        return word.capitalize() if sayable else " ".join(word)

    return re.sub(r"(?<![^\W\d_])[A-ZÄÖÜ]{2,}(?![^\W\d_])", said, text)


def _counted(text: str) -> str:
    """One in front of a noun has a gender."""

    def said(found: re.Match[str]) -> str:
        before = found.string[max(0, found.start() - 40) : found.start()]
        return f"{one(1, before, found[1])} {found[1]}"

    return re.sub(r"(?<![\d.,:/-])1\s([A-ZÄÖÜ][\w]+)", said, text)


def _numbers(text: str) -> str:
    text = re.sub(r"(?<![\w.,])-(?=\d)", "minus ", text)
    text = re.sub(r"(?<=\d)\s?/\s?(?=\d)", " ", text)
    text = re.sub(r"(?<![\d.,])\d{1,3}(?:\.\d{3})+(?:,\d+)?(?![\d])|(?<![\d.,])\d+,\d+(?![\d])", _decimal_words, text)
    text = re.sub(r"(?<=\d)\.(?=\d)", " Punkt ", text)
    return re.sub(r"\d+", lambda m: f" {_whole(m[0])} ", text)


def _decimal_words(found: re.Match[str]) -> str:
    return decimal(found[0])


def _whole(written: str) -> str:
    """Digits as a number, or one by one where nobody would say them as a number."""
    if written != "0" and (written[0] == "0" or int(written[0]) == 0):
        return _single(written)
    if len(written) >= 7 or (len(written) >= 5 and not written.endswith("00")):
        return digits(written)
    return cardinal(int(written))


# --- what is left of signs


def _signs(text: str) -> str:
    text = re.sub(r"[„“”‚‘«»‹›\"]", "", text)
    text = re.sub(r"(?<=\w)['’`´](?=\w)", "", text)
    text = re.sub(r"(?<=\w)\s?/\s?(?=\w)", " oder ", text)
    text = re.sub(r"[()\[\]{}]", ", ", text)
    text = re.sub(r"\s[-–—]+\s|[–—]", ", ", text)
    text = re.sub(r"(?<=[a-zäöüß])-(?=\s)|(?<!\w)-+|-+(?!\w)", " ", text)
    text = re.sub(r"…|\.{2,}", ". ", text)
    symbols = forms().symbols
    return re.sub("|".join(map(re.escape, symbols)), lambda m: f" {symbols[m[0]]} ", text)


def _marks(text: str) -> str:
    """Nothing but letters and marks of a sentence, each mark once and at a word."""
    text = "".join(map(_letter_or_mark, text))
    text = re.sub(r"(?<!\w)-+|-+(?!\w)", " ", text)
    text = re.sub(r"\s+", " ", text)
    text = re.sub(r"\s+(?=[.,;:!?])", "", text)
    text = re.sub(r"[.,;:!?]{2,}", lambda m: next((mark for mark in "!?.:;" if mark in m[0]), ","), text)
    text = re.sub(r"([.,;:!?])(?=\w)", r"\1 ", text)
    text = re.sub(r"(?<=[.!?] )[a-zäöü]", lambda m: m[0].upper(), text)
    return text.strip(" ,;:-").lstrip(".!? ")


def _letter_or_mark(sign: str) -> str:
    if sign in " .,;:!?-":
        return sign
    if sign.isalpha() and ord(sign) < 0x180 and sign not in "ªºµ":
        return sign
    base = unicodedata.normalize("NFKD", sign)[0]
    return base if base.isascii() and base.isalpha() else " "
