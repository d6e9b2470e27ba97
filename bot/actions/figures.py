"""Sums of money, ages and who lives together, as people write and say them. Pure functions.

amount_in("ca. 1.200 €")            Decimal("1200")
amount_in("zwölfhundert")           Decimal("1200")
figures_in("alleinerziehend, Kinder 4 und 9, Miete 650 warm, 1200 brutto")
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from bot.nlu.plain_text import plain

Living = Literal["single", "single_parent", "couple"]

MOST = 20_000  # more in a month is a slip or a year's income
OLDEST_CHILD = 24
_TEN_AND_MORE = (
    "null", "eins", "zwei", "drei", "vier", "fuenf", "sechs", "sieben", "acht", "neun", "zehn", "elf", "zwoelf",
    "dreizehn", "vierzehn", "fuenfzehn", "sechzehn", "siebzehn", "achtzehn", "neunzehn",
)  # fmt: skip
_TENS = ("zwanzig", "dreissig", "vierzig", "fuenfzig", "sechzig", "siebzig", "achtzig", "neunzig")
_BELOW_HUNDRED = {word: number for number, word in enumerate(_TEN_AND_MORE)} | {"zwo": 2, "ein": 1}
_BELOW_HUNDRED |= {
    (f"{'ein' if unit == 'eins' else unit}und{ten}" if unit else ten): 20 + 10 * place + number
    for place, ten in enumerate(_TENS)
    for number, unit in enumerate(("", *_TEN_AND_MORE[1:10]))
}


@dataclass(frozen=True)
class Said:
    """A number in a text, and where it stands."""

    value: Decimal
    start: int
    end: int


def number_word(word: str) -> int | None:
    """`tausendzweihundertfünfzig`, `zwölfhundert`, `sechshundertfünfzig`; None for any other word."""
    left, thousand, right = word.partition("tausend")
    if not thousand:
        return _below_thousand(word)
    thousands = 1 if left == "" else _below_thousand(left)
    rest = 0 if right == "" else _below_thousand(right.removeprefix("und"))
    return None if thousands is None or rest is None else thousands * 1000 + rest


def _below_thousand(word: str) -> int | None:
    left, hundred, right = word.partition("hundert")
    if not hundred:
        return _BELOW_HUNDRED.get(word)
    hundreds = 1 if left == "" else _BELOW_HUNDRED.get(left)
    rest = 0 if right == "" else _BELOW_HUNDRED.get(right.removeprefix("und"))
    return None if hundreds is None or rest is None else hundreds * 100 + rest


_DIGITS = re.compile(r"(?<![\w.,])(?:\d{1,3}(?:[.,']\d{3})+(?![.,']?\d{3})(?:[.,]\d{1,2})?|\d+(?:[.,]\d{1,2})?)(?!\d)")
_WORD = re.compile(r"[a-z]+")
_WORDS_AT_MOST = 4


def numbers_in(said: str) -> list[Said]:
    """All numbers of a text in the spelling of `plain`, in figures and in words."""
    found = [Said(_written(match[0]), match.start(), match.end()) for match in _DIGITS.finditer(said)]
    tokens = list(_WORD.finditer(said))
    place = 0
    while place < len(tokens):
        place = _take_words(said, tokens, place, found)
    return sorted(found, key=lambda entry: entry.start)


def _take_words(said: str, tokens: list[re.Match[str]], place: int, found: list[Said]) -> int:
    """Read the longest number that begins with this word ("zwölf hundert"); return where to go on."""
    for length in range(_WORDS_AT_MOST, 0, -1):
        part = tokens[place : place + length]
        apart = any(said[one.end() : two.start()] != " " for one, two in zip(part, part[1:], strict=False))
        if len(part) < length or apart or part[0][0] == "ein" and length == 1:
            continue
        value = number_word("".join(token[0] for token in part))
        if value is not None:
            found.append(Said(Decimal(value), part[0].start(), part[-1].end()))
            return place + length
    return place + 1


def _written(digits: str) -> Decimal:
    """`1.200,50`, `1200,50`, `1.200`, `12.50`."""
    whole, _, tail = re.sub(r"[.,](?=\d{1,2}$)", "|", digits).partition("|")
    return Decimal(re.sub(r"[.,']", "", whole) + (f".{tail}" if tail else ""))


_NOT_MONEY = re.compile(
    r"\s*(?:(?:€|euro|eur)\s*)?(?:(?:in der|im|die|pro|je|/)\s*(?:stunde|std|woche|jahr|tag)\b|jaehrlich|woechentlich|"
    r"stunden?\b|wochen?\b|uhr\b|prozent|%|km\b|qm\b|m2|quadratmeter|zimmer|personen|leute|kind\w*|toechter|soehne|"
    r"jahre?\b|-?jaehrig|monate?\b(?! lang)|tage?\b)"
)
_VAGUE = re.compile(r"\b(?:paar|einige|mehrere)\s*$")


def money_in(said: str) -> list[Said]:
    """The numbers of a text that can be sums of money for a month."""
    return [
        number
        for number in numbers_in(said)
        if number.value <= MOST
        and not _NOT_MONEY.match(said, number.end)
        and not _VAGUE.search(said[: number.start])
        and not re.search(r"(?:^|\s)-$", said[: number.start])
    ]


def amount_in(text: str) -> Decimal | None:
    """The sum that answers a question for one; of a range the middle. None where there is none, or several."""
    said = plain(text)
    if re.fullmatch(r"\D*\d{1,2} \d{3}\D*", said):
        said = re.sub(r"(\d) (\d{3})", r"\1\2", said)
    found = money_in(said)
    if len(found) == 2 and re.fullmatch(
        r"\s*(?:€|euro|eur)?\s*(?:bis|-|–|und|oder)\s*(?:zu )?", said[found[0].end : found[1].start]
    ):
        return (found[0].value + found[1].value) / 2
    return found[0].value if len(found) == 1 else None


def says_none(text: str) -> bool:
    """Whether somebody has nothing of what was asked for."""
    return bool(
        re.search(
            r"^(?:nein|nee|noe)\b(?!.*\d)|\b(?:keine?[nrms]?|nichts|null|gar nicht|umsonst|kostenlos|mietfrei|nix|ohne "
            r"(?:lohn|einkommen|kinder|miete|job|arbeit))\b|\barbeitslos\b(?!engeld)",
            plain(text),
        )
    ) and not money_in(re.sub(r"\bnull\b", "", plain(text)))


def does_not_know(text: str) -> bool:
    """Whether somebody cannot or will not say: "weiß nicht", "überspringen"."""
    return bool(
        re.search(
            r"\b(?:weiss (?:ich )?(?:es |das |ich )?(?:nicht|net|grad nicht|gerade nicht)|keine ahnung|ueberspring\w*|"
            r"unbekannt|egal|(?:kann|moechte|will|mag) (?:ich )?(?:\w+ )?nicht (?:sagen|angeben)|keine angabe|"
            r"nicht bekannt|bin (?:mir )?nicht sicher|naechste frage)\b|^(?:weiter|skip)\W*$",
            plain(text),
        )
    )


# ---- everything at once


@dataclass
class Figures:
    """What a sentence says for an example; None: not said."""

    living: Living | None = None
    children: list[int] | None = None
    amounts: dict[str, Decimal] = field(default_factory=dict)


_PARTNER = r"(?:ehe)?mann|(?:ehe)?frau|partner\w*|lebensgefaehrt\w*|verlobte\w*|freundin|freund"
_APART = re.compile(
    r"\b(?:ex|exmann|exfrau|getrennt|geschieden|verwitwet|single|ledig|alleinstehend|ohne partner\w*)\b"
)
_ALONE = re.compile(
    r"\b(?:(?:lebe|wohne|bin) (?:ganz )?allein(?:e)?|nur ich|fuer mich allein(?:e)?|^allein(?:e)?)\b(?! ?erzieh)"
)
_TOGETHER = re.compile(
    rf"\b(?:(?:mein|meine|meinem|meiner|meinen|mit|und) (?:{_PARTNER})|verheiratet|(?:als|ein) paar|ehepaar|zu zweit)\b"
)
_SINGLE_PARENT = re.compile(r"\ballein ?erzieh\w*|\berziehe \w+ (?:\w+ )?allein")


def living_in(text: str) -> Living | None:
    """Who lives together. Single parent only where that was said."""
    said = plain(text)
    if _SINGLE_PARENT.search(said):
        return "single_parent"
    if _APART.search(said) or _ALONE.search(said):
        return "single"
    return "couple" if _TOGETHER.search(said) else None


_CHILD = re.compile(
    r"\b(?:kind(?:er|ern|es)?|tochter|toechtern?|sohn|soehnen?|maedchen|jungs?|baby|saeugling|zwillinge?)\b"
)
_NO_CHILD = re.compile(r"\b(?:keine?|ohne) (?:\w+ )?kind(?:er)?\b|\bkinderlos\b")
_MONTHS = re.compile(r"\s*(?:monate?|wochen?)\b")
_LABEL_WORDS = re.compile(
    r"\b(?:warmmiete|miete|warm|brutto|netto|verdien\w*|lohn|gehalt|minijob|unterhalt|rente|wohnung|euro|€)|€"
)


def ages_in(text: str, *, asked: bool = False) -> list[int] | None:
    """The ages of the children a text names; `asked`: the text answers that very question. None: not said."""
    said = plain(text)
    if _NO_CHILD.search(said) or (asked and says_none(text)):
        return []
    if not asked and not _CHILD.search(said):
        return None
    counts, ages = _ages(said, asked=asked)
    if asked and not counts and len(ages) == 1 and re.fullmatch(r"\W*\w+\W*", said):
        return None  # a bare "2": two children, or two years?
    if not ages and re.search(r"\b(?:baby|saeugling|neugeboren\w*)\b", said):
        ages = [0]
    return ages if ages and (not counts or sum(counts) == len(ages)) else None


def _ages(said: str, *, asked: bool) -> tuple[list[int], list[int]]:
    """The numbers of children, and their ages, in a text that speaks of them."""
    counts: list[int] = []
    ages: list[int] = []
    for number in numbers_in(said):
        after = said[number.end :]
        before = said[: number.start]
        if re.match(r"\s*(?:\w+ )?(?:kinder|kind|toechter|soehne|jungs)\b", after):
            counts.append(int(number.value))
            continue
        about_children = list(_CHILD.finditer(before))
        since = before[about_children[-1].end() :] if about_children else ""
        own = asked or (about_children and not _LABEL_WORDS.search(since) and not re.search(r"[.;!?]", since))
        if not own or re.match(r"\s*(?:€|euro|eur)\b|\s*€|\s*(?:warm|brutto|netto)", after):
            continue
        age = 0 if _MONTHS.match(after) else int(number.value)
        if age <= OLDEST_CHILD and number.value == int(number.value):
            ages.append(age)
    return counts, ages


_LABELS = {
    "rent": r"warmmiete|gesamtmiete|kaltmiete|miete|warm",
    "gross": r"brutto\w*|vor abzuegen",
    "net": r"netto\w*|nach abzuegen|auf die hand|ausgezahlt",
    "other": r"unterhalt|rente|arbeitslosengeld|alg(?: ?1| i)?|elterngeld|krankengeld|bafoeg",
}
_ANY_LABEL = re.compile("|".join(f"(?P<{name}>\\b(?:{words})\\b)" for name, words in _LABELS.items()))
_FILLED = r"(?:[\s:=,]|betraegt|ist|sind|kostet|von|bei|ca\.?|circa|etwa|ungefaehr|rund|monatlich|im monat|€|euro|eur)*"


def figures_in(text: str) -> Figures:
    """All that one message says: "Mein Mann verdient 2000 brutto und 1500 netto, Miete 800 warm, ein Kind, 5 Jahre"."""
    said = plain(text)
    found = Figures(living=living_in(text), children=ages_in(text))
    used: set[int] = set()
    for number in money_in(said):
        label = _label_of(said, number, used)
        if label is None:
            continue
        name = f"partner_{label}" if label in ("gross", "net") and _of_partner(said[: number.start]) else label
        found.amounts.setdefault(name, number.value)
    return found


def _label_of(said: str, number: Said, used: set[int]) -> str | None:
    """The word right before or right after a sum that says what it is; each word counts once."""
    before = list(_ANY_LABEL.finditer(said, 0, number.start))
    after = _ANY_LABEL.search(said, number.end)
    candidates = []
    if before and before[-1].start() not in used and re.fullmatch(_FILLED, said[before[-1].end() : number.start]):
        candidates.append(before[-1])
    if after and re.fullmatch(r"[\s€]*(?:euro|eur)?\s*(?:im monat|monatlich)?\s*(?:als|an|fuer die)?\s*",
                              said[number.end : after.start()]):  # fmt: skip
        candidates.append(after)
    for match in candidates:
        used.add(match.start())
        return str(match.lastgroup)
    return None


def _of_partner(before: str) -> bool:
    """Whether the last person named before a sum is the partner."""
    persons = list(re.finditer(rf"\b(?P<own>ich|mein lohn|mein gehalt|selbst)\b|\b(?P<partner>{_PARTNER})\b", before))
    return bool(persons) and persons[-1].lastgroup == "partner"
