"""Texts in portions that a listener can hold: sentences of at most fifteen words, cut where a speaker would breathe.

Works on written text and on what `spoken_words` makes of it; a number, an amount, a date or a telephone number stays in
one piece.
"""

from __future__ import annotations

import re

import sentencex

from voice.speaking.forms import forms
from voice.speaking.markup import plain_text
from voice.speaking.numerals import ordinal_ending

MOST_WORDS = 15
PART_PORTIONS = 2  # then the call asks whether the caller wants to hear more

_FEWEST_WORDS = 4  # a shorter piece sounds chopped
_DIGITS_A_WORD = 4  # so many single digits are held like one word

_CONJUNCTIONS = {"und", "oder", "aber", "sondern", "denn", "sowie", "beziehungsweise", "bzw."}
_CLAUSES = {
    "wenn", "weil", "dass", "damit", "obwohl", "solange", "sobald", "bis", "ob", "falls", "sofern", "nachdem", "bevor",
    "die", "der", "das", "für", "mit", "bei", "nach", "von", "aus", "ohne", "durch", "gegen", "zum", "zur", "im", "am",
    "in", "an", "auf", "zu", "wie", "als", "unter", "über", "vor", "ab", "seit",
}  # fmt: skip
_TENS = "zwanzig|dreißig|vierzig|fünfzig|sechzig|siebzig|achtzig|neunzig"
_NUMERAL = re.compile(
    r"(?:null|eine?[nmr]?|eins|zwei|drei|vier|fünf|sechs?|sieb(?:en)?|acht|neun|zehn|elf|zwölf|und|hundert|tausend|"
    rf"{_TENS}|million(?:en)?|[st]e?[nr]?|er|te[nr]?|dritte[nr]?|erste[nr]?)+"
)
_DIGIT = re.compile(r"(?:null|eins|zwei|drei|vier|fünf|sechs|sieben|acht|neun|\d)")
_MONTHS = "januar februar märz april mai juni juli august september oktober november dezember"
# Words that belong to a number before or behind them.
_WITH_NUMBERS = {
    "euro", "cent", "uhr", "komma", "prozent", "punkt", "at", "paragraf", "paragrafen", "absatz", "satz", "nummer",
    "nummern", "halbsatz", "artikel", "plus", "minus", *_MONTHS.split(), "€", "%", "§", "§§", "abs.", "nr.", "sgb",
    "bindestrich", "unterstrich", "million", "millionen",
}  # fmt: skip
_CLOSING = ".!?"


def portions(text: str, most_words: int = MOST_WORDS) -> list[str]:
    """The text in pieces of at most `most_words` words; a piece that was cut inside a sentence ends with a comma."""
    return [piece for sentence in sentences(text) for piece in _pieces(sentence, most_words)]


def sentences(text: str) -> list[str]:
    """The sentences of a text; a list in Markdown is counted out ("Erstens: …")."""
    found: list[str] = []
    for sentence in sentencex.segment("de", plain_text(text)):
        stripped = sentence.strip()
        if not stripped:
            continue
        if found and not _is_end(found[-1], stripped):
            found[-1] += f" {stripped}"
        else:
            found += _missed_ends(stripped)
    return found


def first_part(text: str, most_portions: int = PART_PORTIONS) -> tuple[str, str]:
    """What to say first and what is left, at the end of a sentence: at most two portions, but one sentence at least."""
    whole = sentences(text)
    taken = used = 0
    while taken < len(whole):
        used += len(_pieces(whole[taken], MOST_WORDS))
        if taken and used > most_portions:
            break
        taken += 1
    return " ".join(whole[:taken]), " ".join(whole[taken:])


def length(text: str) -> int:
    """Words as a listener counts them: digits that are read one by one count as a word for every four."""
    return _weight(text.split())


def _is_end(sentence: str, following: str) -> bool:
    """Whether a sentence really ends there: not behind "zum 24." or "Abs." in front of what belongs to it.

    The library splits there; it missed no other border in 288 articles but those that `_missed_ends` finds.
    """
    if _short_form_at_end(sentence):
        return not following[0].isdigit() and not following[0].islower()
    number = re.search(r"(?:^|\s)(\d{1,3})\.$", sentence)
    if not number:
        return True
    next_word = re.match(r"\w*", following)
    month = next_word is not None and next_word[0].lower() in _MONTHS.split()
    governed = ordinal_ending(sentence[: number.start()])[1] in ("", "n")
    return not (month or following[0].islower() or governed)


def _missed_ends(sentence: str) -> list[str]:
    """Split where the next sentence begins with a number, and behind "SGB II.", where the library does not."""
    parts: list[str] = []
    for part in re.split(r"(?<=[a-zäöüß]{3}[.!?])\s+(?=\d)|(?<=[IVX]{2}[.!?])\s+(?=[A-ZÄÖÜ])", sentence):
        if parts and _short_form_at_end(parts[-1]):
            parts[-1] += f" {part}"
        else:
            parts.append(part)
    return parts


def _short_form_at_end(sentence: str) -> bool:
    last = sentence.rsplit(maxsplit=1)[-1]
    tables = forms()
    return last in tables.abbreviations or last.lower() in tables.abbreviations or last in tables.units


def _pieces(sentence: str, most_words: int) -> list[str]:
    words = sentence.split()
    if _weight(words) <= most_words:
        return [sentence]
    # The cheapest way to the end: every cut has a price, and a short piece costs more.
    best: list[tuple[float, int]] = [(0.0, 0)] + [(float("inf"), 0)] * len(words)
    for end in range(1, len(words) + 1):
        price = 0.0 if end == len(words) else _price(words[end - 1], words[end], words[end + 1 : end + 3])
        weight = 0
        for start in range(end - 1, -1, -1):
            weight = _weight(words[start:end])
            if weight > most_words and start < end - 1:
                break
            short = 3.0 if weight < _FEWEST_WORDS else 0.0
            total = best[start][0] + price + short + (most_words - weight) ** 2 / most_words**2
            if total < best[end][0]:
                best[end] = (total, start)
    cuts = [len(words)]
    while cuts[-1]:
        cuts.append(best[cuts[-1]][1])
    cuts.reverse()
    pieces = [" ".join(words[start:end]) for start, end in zip(cuts, cuts[1:], strict=False)]
    return [piece if piece[-1] in ",;:.!?" else f"{piece}," for piece in pieces[:-1]] + pieces[-1:]


def _price(word: str, following: str, beyond: list[str]) -> float:
    """What it costs the listener to hear a pause between two words; `beyond`: up to two words behind them."""
    if _belong_together(word, following):
        return 60.0
    if word[-1] in ";:" + _CLOSING:
        return 0.5
    if word[-1] == ",":  # between the last two of "Schule, Kita oder Verein" it is worse than between clauses
        return 4.0 if following[0].isupper() and beyond and beyond[0].lower() in _CONJUNCTIONS else 1.0
    if following.lower() in _CONJUNCTIONS:
        joins_nouns = beyond and _could_be_listed(word) and _could_be_listed(beyond[0])
        return 6.0 if joins_nouns else 2.0
    return 5.0 if following.lower() in _CLAUSES else 9.0


def _could_be_listed(word: str) -> bool:
    return word[0].isupper() or _is_number(word.rstrip(",;:.!?").lower())


def _belong_together(word: str, following: str) -> bool:
    left, right = word.rstrip(",;:").lower(), following.rstrip(",;:.!?").lower()
    if len(left) == 1 and len(right) == 1 and left.isalpha():
        return True  # letters of a short form
    left_counts, right_counts = _is_number(left), _is_number(right)
    if left_counts and right_counts:
        return True
    if word[-1] in ",;:" and right not in ("absatz", "satz", "nummer", "halbsatz", "s") and not right_counts:
        return False
    if left_counts:
        return right not in _CONJUNCTIONS | _CLAUSES
    if right in ("punkt", "at", "bindestrich") or left in ("punkt", "at"):
        return True
    return left in _WITH_NUMBERS and (right_counts or right in _WITH_NUMBERS)


def _is_number(word: str) -> bool:
    if any(sign.isdigit() for sign in word):
        return True
    return word not in ("und", "er", "einer", "sie") and bool(_NUMERAL.fullmatch(word))


def _weight(words: list[str]) -> int:
    total = run = 0
    for word in words:
        if _DIGIT.fullmatch(word.rstrip(",;:.!?").lower()):
            run += 1
            continue
        total += 1 - run // -_DIGITS_A_WORD
        run = 0
    return total - run // -_DIGITS_A_WORD
