"""What a caller meant, knowing what was asked: the answer as the dialogue takes it, a command, or the one doubt."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from voice.hearing.heard import Expectation, Option, Understood, Word
from voice.hearing.parse import answers, choices, digits, mail, names, times
from voice.hearing.parse.vocabulary import UNKNOWN, folded, listed
from voice.hearing.parse.written import written
from voice.hearing.tenant_words import TenantWords

# In free speech 96 % of words have at least this confidence and 97.8 % of those are right; of those below, 61 % at most
# (prototype; to be measured again on the shipped model). With a grammar that holds "[unk]" confidence adds nothing.
SURE = 0.99
# A sound shorter than this between two words is breath or line noise, not a word that was missed.
SHORTEST_WORD_SECONDS = 0.15
LONGEST_BREATH_SECONDS = 0.6
CODE_DIGITS = 4
_SPELT_OUT = (("ä", "A E"), ("ö", "O E"), ("ü", "U E"), ("ß", "Doppel-S"))
_NOTHING = TenantWords()
_NAMES_A_TIME = re.compile(r"\bUhr\b|\b\d+\b(?!\.)|mittag|morgens|abends", re.I)
_NAMES_A_DAY = re.compile(rf"\b(?:heute|morgen|übermorgen|woche|{'|'.join(times.WEEKDAYS)})\b|\b\d+\.", re.I)

SPELL_LAST_NAME = "Bitte buchstabieren Sie den Nachnamen."
SPELL_NAME = "Bitte buchstabieren Sie den Namen."
SPELL_FIRST_NAME = "Bitte buchstabieren Sie den Vornamen."
NUMBER_AGAIN = "Bitte nennen Sie die Nummer noch einmal, Ziffer für Ziffer."
WITH_DIALLING_CODE = "Bitte nennen Sie die Nummer mit Vorwahl, Ziffer für Ziffer."
MAIL_AGAIN = "Bitte buchstabieren Sie die E-Mail-Adresse bis zum At-Zeichen."
REALLY_END = "Möchten Sie das Gespräch beenden?"
YES_OR_NO = "Meinten Sie Ja oder Nein?"


@dataclass(frozen=True)
class Unsure(Understood):
    """Something was understood but for one thing. `about` says which kind of answer settles the doubt.

    `text` or `payload` hold what is right if the caller says yes. `otherwise`: what is right on a plain no.
    `position`: the digit in doubt; `options`: the choices that are close; `rest`: what is sure.
    Goes to `settled` with what is said next.
    """

    about: str = ""  # digit, missing_digit, again, spelling, choice, yes_no, command, umlaut, day, time
    position: int = 0
    digits: str = ""
    options: tuple[Option, ...] = ()
    rest: str = ""
    otherwise: Understood | None = None
    pending: Understood | None = None

    @property
    def wants_spelling(self) -> bool:
        """Whether the next utterance is letters: `grammar_for(…, spelling=True)`."""
        return self.about == "spelling"

    @property
    def expectation(self) -> Expectation | None:
        """What the question about the doubt expects; None: the same as before."""
        if self.about in ("digit", "missing_digit"):
            return Expectation("code", slot=self.about)
        if self.about in ("yes_no", "command", "umlaut"):
            return Expectation("yes_no")
        return Expectation("choice", self.options) if self.about == "choice" else None


def understand(
    expectation: Expectation,
    words: Sequence[Word],
    *,
    free_text: str = "",
    tenant: TenantWords = _NOTHING,
    closed: bool | None = None,
    so_far: str = "",
    spelling: bool = False,
) -> Understood:
    """What the caller meant.

    `words`: as the recogniser heard them, with `[unk]` where the grammar has no word. `free_text`: the same sound heard
    without the grammar, empty where none was in use; read instead where the answer was none to this question.
    `closed`: whether a grammar was in use, if `free_text` does not tell.
    `so_far`: a name understood before it was asked to spell
    it (`spelling`).
    """
    if closed is None:
        closed = bool(free_text) or any(word.text == UNKNOWN for word in words)
    heard = _Heard(words, closed)
    free = free_text.split()
    if not heard.known and not free:
        return Understood()
    beside = _says_more(heard, free)
    command = answers.command_in(heard.all_texts) if not beside else answers.command_in(free)
    if command and not _is_an_option(heard.texts, expectation.options):
        if command == "end" and heard.unsure(range(len(words))):
            sure = Understood(command="end")
            return Unsure(doubt=REALLY_END, about="command", pending=sure, otherwise=Understood())
        return Understood(command=command)
    if beside and expectation.kind not in ("phone", "code", "contact"):
        return understand(expectation, as_words(free), tenant=tenant, closed=False, so_far=so_far, spelling=spelling)
    match expectation.kind:
        case "yes_no":
            return _yes_no(expectation, heard)
        case "choice" | "service" | "site":
            return _choice(expectation, heard, tenant)
        case "date_time":
            return _date_time(expectation, heard, free)
        case "name":
            return _name(heard, so_far=so_far, spelling=spelling)
        case "phone" | "contact":
            return _contact(heard, free)
        case "code":
            return _code(heard, free)
        case _:
            return Understood(text=written(heard.texts))


def settled(
    before: Unsure,
    expectation: Expectation,
    words: Sequence[Word],
    *,
    free_text: str = "",
    tenant: TenantWords = _NOTHING,
) -> Understood:
    """What is understood once the question about the doubt was answered."""
    texts = [word.text for word in words]
    command = answers.command_in(texts)
    if command and command != "help":
        return Understood(command=command)
    said = answers.says(texts)
    sure = before.pending or Understood(text=before.text, payload=before.payload, command=before.command)
    if (
        said == "yes"
        and (sure.text or sure.payload or sure.command)
        and before.about not in ("missing_digit", "again", "spelling", "choice")
    ):
        return sure
    if before.about in ("digit", "missing_digit"):
        return _digit_settled(before, expectation, words, said, free_text)
    if before.about == "choice":
        found = _choice(replace(expectation, options=before.options), _Heard(words, closed=False), tenant)
        if found.payload:
            return found
    if before.about == "spelling":
        return understand(expectation, words, free_text=free_text, so_far=before.text, spelling=True)
    if said == "no" and before.otherwise is not None:
        return before.otherwise
    if said == "no" and before.about in ("day", "time"):
        about = "An welchem Tag?" if before.about == "day" else "Um wie viel Uhr?"
        return Unsure(doubt=about, about=before.about, rest=before.rest)
    anew = understand(expectation, _after_no(words), free_text=free_text, tenant=tenant)
    return _joined(before, anew) if before.rest and anew.text else anew


def recognised_text(words: Sequence[Word]) -> str:
    """Free speech as it goes to the dialogue: figures where a reader writes them, lower case, no word lost."""
    return written([word.text for word in words])


def as_words(texts: Sequence[str]) -> list[Word]:
    """Text as words that are certain: what was typed, or heard by a second recogniser."""
    return [Word(text, 1.0, 0.4 * at, 0.4 * at + 0.4) for at, text in enumerate(texts)]


class _Heard:
    """An utterance: its words as text, and which of them are in doubt."""

    def __init__(self, words: Sequence[Word], closed: bool) -> None:
        self.words = [
            word
            for word in words
            if word.text and (word.text != UNKNOWN or word.end - word.start >= SHORTEST_WORD_SECONDS)
        ]
        self.all_words = list(self.words)
        self.all_texts = [word.text for word in self.words]
        while len(self.words) > 1 and _is_breath(self.words[0]):
            self.words.pop(0)
        while len(self.words) > 1 and _is_breath(self.words[-1]):
            self.words.pop()
        self.texts = [word.text for word in self.words]
        self.known = [text for text in self.texts if text != UNKNOWN]
        self.closed = closed

    def unsure(self, places: range | Sequence[int]) -> list[int]:
        """The words at these places that were not heard surely, the worst first. With a grammar none is."""
        if self.closed:
            return []
        low = [at for at in places if at < len(self.words) and self.words[at].confidence < SURE]
        return sorted(low, key=lambda at: self.words[at].confidence)


def _is_breath(word: Word) -> bool:
    """Before or after the answer: a breath or an "äh", too short for more."""
    return word.text == UNKNOWN and word.end - word.start < LONGEST_BREATH_SECONDS


def _says_more(heard: _Heard, free: list[str]) -> bool:
    """Whether the free text has to be read instead: the grammar met mostly words that it does not hold."""
    if UNKNOWN not in heard.all_texts:
        return len(free) >= len(heard.known) + 3
    missed = sum(word.end - word.start for word in heard.all_words if word.text == UNKNOWN)
    met = sum(word.end - word.start for word in heard.all_words if word.text != UNKNOWN)
    return bool(free) and (missed >= met or len(free) >= len(heard.known) + 2)


def _is_an_option(texts: Sequence[str], options: Sequence[Option]) -> bool:
    said = folded(" ".join(texts))
    return any(said == folded(option.title) for option in options)


# --- yes, no, choices


def _yes_no(expectation: Expectation, heard: _Heard) -> Understood:
    said = answers.says(heard.texts)
    if said == "both":
        return Unsure(doubt=YES_OR_NO, about="yes_no", payload=_payload(expectation, "yes"), otherwise=_no(expectation))
    if said:
        understood = Understood(payload=_payload(expectation, said))
        telling = [at for at, text in enumerate(heard.texts) if folded(text) in listed("yes") | listed("no")]
        if telling and len(heard.unsure(telling)) == len(telling):
            question = "War das ein Ja?" if said == "yes" else "War das ein Nein?"
            other = Understood(payload=_payload(expectation, "no" if said == "yes" else "yes"))
            return Unsure(payload=understood.payload, doubt=question, about="yes_no", otherwise=other)
        return understood
    chosen = _chosen(expectation, heard, _NOTHING)
    if chosen:
        return chosen
    text = times.written_time(heard.known) if times.says_when(heard.known) else written(heard.known)
    return Understood(text=text)


def _payload(expectation: Expectation, said: str) -> str:
    """The payload of the offered yes or no; an offered "Ja, es ist dringend" is more than a yes."""
    word, usual = ("ja", "/affirm") if said == "yes" else ("nein", "/deny")
    for option in expectation.options:
        if folded(option.title).split(",")[0].split()[:1] == [word]:
            return option.payload
    return usual


def _no(expectation: Expectation) -> Understood:
    return Understood(payload=_payload(expectation, "no"))


def _choice(expectation: Expectation, heard: _Heard, tenant: TenantWords) -> Understood:
    found = _chosen(expectation, heard, tenant)
    if found:
        return found
    if expectation.kind == "choice" and (said := answers.says(heard.texts)) in ("yes", "no"):
        offered = {option.payload for option in expectation.options}
        payload = _payload(expectation, said)
        if payload in offered:
            return Understood(payload=payload)
    return Understood(text=written(heard.known))


def _chosen(expectation: Expectation, heard: _Heard, tenant: TenantWords) -> Understood | None:
    options = expectation.options
    placed = choices.by_place(heard.known, options)
    if placed:
        return Understood(payload=placed.payload)
    named = choices.by_words(heard.known, options, _also(options, tenant))
    if named is None:
        return None
    if len(named.options) == 1:
        return Understood(payload=named.options[0].payload)
    first, second = named.options
    return Unsure(doubt=f"Meinten Sie „{first.title}“ oder „{second.title}“?", about="choice", options=named.options)


def _also(options: Sequence[Option], tenant: TenantWords) -> dict[str, Sequence[str]]:
    """Further ways to name an option, from the tenant's sites and services; an option carries the id in its payload."""
    ways = {**tenant.sites, **tenant.services}
    also: dict[str, Sequence[str]] = {
        option.payload: said for option in options for name, said in ways.items() if f'"{name}"' in option.payload
    }
    for option in options:
        if '"any"' in option.payload:
            also[option.payload] = tuple(listed("anywhere", "choices"))
    return also


# --- day and time


def _date_time(expectation: Expectation, heard: _Heard, free: list[str]) -> Understood:
    placed = choices.by_place(heard.known, expectation.options, days=True)
    if placed:
        return Understood(payload=placed.payload)
    said = answers.says(heard.known)
    if said in ("yes", "no") and len(expectation.options) <= 1:
        return Understood(text=written(heard.known))
    if not times.says_when(heard.known):
        return Understood(text=written(heard.known))
    known = [at for at, text in enumerate(heard.texts) if text != UNKNOWN]
    pieces = times.pieces_of([heard.texts[at] for at in known], asked=True)
    text = " ".join(piece.text for piece in pieces)
    worst = next((at for at in heard.unsure(known) if _tells_when(pieces, known.index(at))), None)
    missed = _after_a_gap(heard.texts)
    if worst is None and missed is not None and heard.closed:
        free_pieces = times.pieces_of(free, asked=True)
        if _moments(free_pieces) == _moments(pieces):  # heard twice alike: what was missed is a small word
            return Understood(text=" ".join(piece.text for piece in free_pieces))
        worst = missed
    if worst is None:
        return Understood(text=text)
    piece = next((piece for piece in pieces if piece.first <= known.index(worst) < piece.end), None)
    if piece is None or piece.kind == "word":
        return Understood(text=text)
    about = "day" if piece.kind == "day" else "time"
    rest = " ".join(_without(pieces, piece))
    return Unsure(text=text, doubt=f"Meinten Sie {piece.text}?", about=about, rest=rest)


def _without(pieces: Sequence[times.Piece], doubtful: times.Piece) -> list[str]:
    """What is sure of a day and a time, without the doubtful one and the small word before it."""
    at = list(pieces).index(doubtful)
    before = at - 1 if at and folded(pieces[at - 1].text) in ("am", "den", "der", "um", "gegen") else at
    return [piece.text for piece in (*pieces[:before], *pieces[at + 1 :])]


def _joined(before: Unsure, anew: Understood) -> Understood:
    """The day that was sure with the new time, or the other way round; what names both is the answer alone."""
    if before.about == "day" and not _NAMES_A_TIME.search(anew.text):
        return replace(anew, text=f"{anew.text} {before.rest}")
    if before.about == "time" and not _NAMES_A_DAY.search(anew.text):
        return replace(anew, text=f"{before.rest} {anew.text}")
    return anew


def _moments(pieces: Sequence[times.Piece]) -> list[str]:
    return [piece.text for piece in pieces if piece.kind != "word"]


def _tells_when(pieces: Sequence[times.Piece], at: int) -> bool:
    return any(piece.first <= at < piece.end and piece.kind != "word" for piece in pieces)


def _after_a_gap(texts: Sequence[str]) -> int | None:
    """The word after something that was not understood between two words."""
    for at in range(1, len(texts) - 1):
        if texts[at] == UNKNOWN and texts[at + 1] != UNKNOWN:
            return at + 1
    return None


# --- name


def _name(heard: _Heard, *, so_far: str, spelling: bool) -> Understood:
    found = names.name_in(heard.texts, so_far=so_far, spelling=spelling)
    if found is None:
        return Understood(text=written(heard.known))
    if found.gap or found.variant:
        return Unsure(text=found.name, doubt=SPELL_LAST_NAME if " " in found.name else SPELL_NAME, about="spelling")
    low = heard.unsure(found.words)
    if low and not found.spelled:
        one = len(found.words) == 1
        last = found.words[-1]
        doubt = SPELL_NAME if one else SPELL_LAST_NAME if last in low else SPELL_FIRST_NAME
        return Unsure(text=found.name, doubt=doubt, about="spelling")
    return Understood(text=found.name)


# --- numbers and addresses


def _contact(heard: _Heard, free: list[str]) -> Understood:
    for texts in (heard.texts, free):
        address = mail.mail_in(texts)
        if address is None:
            continue
        if address.address is None or (address.gap and texts is heard.texts and not free):
            return Unsure(text=address.written, doubt=MAIL_AGAIN, about="again")
        if address.gap and free:
            continue
        if address.umlaut:
            spelt = next(plain for umlaut, plain in _SPELT_OUT if umlaut in address.umlaut)
            return Unsure(
                text=address.address,
                doubt=f"Schreibt sich das in der Adresse mit {spelt}?",
                about="umlaut",
                otherwise=Understood(text=address.umlaut),
            )
        return Understood(text=address.address)
    found = digits.digits_in(heard.texts)
    if len(found.text) < 3:
        return Understood(text=written(free or heard.known))
    if len(found.foreign) > len(found.text):
        return Understood(text=written(free or heard.known))
    number = digits.phone_number(found.text)
    if number is None and not found.text.startswith(("0", "+")) and not found.gaps:
        return Unsure(doubt=WITH_DIALLING_CODE, about="again")
    return _number(found, heard, free)


def _code(heard: _Heard, free: list[str]) -> Understood:
    found = digits.digits_in(heard.texts)
    if not found.text or len(found.foreign) > max(1, len(found.text)):
        return Understood(text=written(free or heard.known))
    if len(found.text) == CODE_DIGITS - 1 and len(found.gaps) == 1:
        return _number(found, heard, free)
    if len(found.text) != CODE_DIGITS:
        heard_words = " ".join(digits.DIGIT_NAMES[int(digit)] for digit in found.text if digit.isdigit())
        doubt = f"Der Code hat vier Ziffern. Verstanden habe ich: {heard_words}. Bitte nennen Sie ihn noch einmal."
        return Unsure(doubt=doubt, about="again")
    return _number(found, heard, free)


def _number(found: digits.Digits, heard: _Heard, free: list[str]) -> Understood:
    """The number, or the question about the one digit that is in doubt; with more of them the number is asked again."""
    text = _as_number(found.text)
    beside = digits.digits_in(free).text
    if found.gaps and beside == found.text:  # heard twice alike: the gap was no digit
        found = replace(found, gaps=())
    low = heard.unsure(sorted(set(found.words)))
    if len(found.gaps) + len(low) > 2:
        return Unsure(text=text, doubt=NUMBER_AGAIN, about="again")
    if found.gaps:
        position = found.gaps[0]
        complete = digits.phone_number(found.text) is not None and len(found.text) > CODE_DIGITS
        if beside[:position] + beside[position + 1 :] == found.text and beside[position].isdigit():
            doubt = digits.which_digit(beside, position)
            return Unsure(text=_as_number(beside), doubt=doubt, about="digit", position=position, digits=beside)
        if not complete or len(found.gaps) > 1:
            doubt = digits.missing_digit(found.text, position)
            return Unsure(text=text, doubt=doubt, about="missing_digit", position=position, digits=found.text)
    if low:
        position = found.words.index(low[0])
        if found.text[position].isdigit():
            doubt = digits.which_digit(found.text, position)
            return Unsure(text=text, doubt=doubt, about="digit", position=position, digits=found.text)
    return Understood(text=text)


def _as_number(text: str) -> str:
    if len(text) <= CODE_DIGITS:
        return text
    return digits.phone_number(text) or digits.grouped(text)


def _digit_settled(
    before: Unsure, expectation: Expectation, words: Sequence[Word], said: str | None, free_text: str
) -> Understood:
    new = digits.digits_in([word.text for word in words]).text
    at = before.position
    if new and len(new) >= max(CODE_DIGITS, len(before.digits) - 2):
        return understand(expectation, words, free_text=free_text)  # the whole number again
    if not new and before.about == "missing_digit":
        whole = before.digits
    elif not new:
        if said == "no":
            return Unsure(doubt=NUMBER_AGAIN, about="again")
        return understand(expectation, words, free_text=free_text)
    elif before.about == "missing_digit":
        whole = before.digits[:at] + new + before.digits[at:]
    else:
        whole = before.digits[:at] + new + before.digits[at + len(new) :]
    return understand(expectation, as_words(list(whole)), closed=True)


def _after_no(words: Sequence[Word]) -> list[Word]:
    """Without the "nein" that leads a correction: "nein, am Mittwoch"."""
    return list(words[1:]) if len(words) > 1 and folded(words[0].text) in ("nein", "nee", "noe") else list(words)
