"""German analysis: from a text to the terms that words are compared by.

A word becomes its lemma's stem (simplemma, Snowball), so that "umgezogen" meets "umziehen" and "Wohnungen" meets
"wohnung"; Snowball's German stemmer also reads ae, oe, ue as umlauts. Compounds are taken apart along the articles'
own vocabulary: published splitters decide by general letter statistics or bring word lists of megabytes, while here
only parts that some article uses can ever match. Paragraphs ("§ 22", "paragraf einunddreißig a") are terms of their
own. Unknown words that no German dictionary has are taken for misspelt and matched by edit distance (rapidfuzz).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import product

import simplemma
import snowballstemmer
from rapidfuzz import process
from rapidfuzz.distance import OSA

LONGEST_QUERY = 2000  # characters; the longest question in a citizen's own words is a short letter

# Weights of a query word's other forms against the word itself (1.0); fitted on the development set.
CONCEPT_WEIGHT = 0.8
PART_WEIGHT = 0.7
SPELLING_WEIGHT = 0.9

LONGEST_WORD = 60  # longer ones are no words; taking them apart would cost more the longer they are
REMEMBERED_SPLITS = 20_000
SHORTEST_PART = 4
SHORTEST_COMPOUND = 9
SHORTEST_UNKNOWN = 4  # "kan", "vil", "mus": shorter words that no article has are mistyped and say little
SHORTEST_JOINED = 7
LONGEST_SPELT = 5  # letters of an abbreviation
FIRST_DAY_BY_NUMBER = 4  # the fourth
_NO_PARTS = frozenset({"ende", "enden", "endem", "ender", "endes", "unter"})  # endings of participles, prefixes
_LINKING = ("", "s", "es", "n", "en", "er", "e")

_WORDS_THAT_SAY_LITTLE = """
    aber alle allem allen aller alles als also am an auch auf aus bei beim bin bis bist bitte da dabei dafür damit dann
    danke das dass dein deine dem den denn der des deshalb die dies diese diesem diesen dieser dieses doch dort du
    durch ein eine einem einen einer eines einfach er es etwa etwas euch eure für ganz gar gerade gern gerne gibt grad
    guten hab habe haben habt hallo hat hatte hätte her hey hi hier hin ich ihm ihn ihnen ihr ihre ihrem ihren ihrer
    im in ins irgendwie ist ja jetzt kann kannst können könnte könnten lieber mache machen macht mal man mein meine
    meinem meinen meiner meines mich mir mit mehr möchte moin muss musst müsste na nach nein noch nun nur ob oder ohne
    per schon sehr sein seine seinem seinen seiner sich sie sind so soll sollte sollen sonst sowas tag über überhaupt um
    und uns unser unsere vom von vor war wäre warum was weil welche welchem welchen welcher welches wenn werde werden
    wie wird will wir wissen wo wohl wollen worden würde würden zu zum zur eigentlich halt eben dazu davon danach gehen
    geht gilt nämlich morgen abend nem ne nen nich nix is isn ob hätten sagen sagt bzw dir dich
"""
_STOP_WORDS = frozenset(_WORDS_THAT_SAY_LITTLE.split())
_NUMBER_WORDS = {
    "null": 0, "ein": 1, "eins": 1, "zwei": 2, "drei": 3, "vier": 4, "fünf": 5, "sechs": 6, "sieben": 7, "acht": 8,
    "neun": 9, "zehn": 10, "elf": 11, "zwölf": 12, "sechzehn": 16, "siebzehn": 17,
}  # fmt: skip
_TENS = {"zwanzig": 20, "dreißig": 30, "dreissig": 30, "vierzig": 40, "fünfzig": 50, "sechzig": 60, "siebzig": 70,
         "achtzig": 80, "neunzig": 90}  # fmt: skip
_ONES = "|".join(sorted((word for word in _NUMBER_WORDS if word != "null"), key=len, reverse=True))
_BELOW_HUNDRED = rf"(?:(?:(?:{_ONES}) ?und ?)?(?:{'|'.join(_TENS)})|(?:drei|vier|fünf|acht|neun)zehn|{_ONES})"
_BELOW_THOUSAND = rf"(?:(?:{_BELOW_HUNDRED} ?)?hundert(?: ?(?:und ?)?{_BELOW_HUNDRED})?|{_BELOW_HUNDRED})"
# Every number word has one of these; "ein" says nothing, and "acht" and "elf" stand inside many others ("Nacht").
_IN_NUMBERS = (" eins", "zwei", "drei", "vier", "fünf", "sech", "sieb", " acht", "achtz", "neun", "zehn", " elf",
               "zwölf", "zwanzig", "hundert", "tausend")  # fmt: skip
_SAID_NUMBER = re.compile(
    rf"\b(?:(?:(?P<thousands>{_BELOW_THOUSAND}) ?)?(?P<tausend>tausend)(?: ?(?:und ?)?(?P<further>{_BELOW_THOUSAND}))?"
    rf"|(?P<below>{_BELOW_THOUSAND}))(?P<ordinal>s?ten?)?\b"
)
_FOLD = str.maketrans({"ä": "a", "ö": "o", "ü": "u", "ß": "ss"})
_ROMAN = {"i": "1", "ii": "2", "iii": "3", "x": "10", "xii": "12"}

# "und für meine Tochter?", "gilt das auch bei Teilzeit?": short, and pointing at what was said before.
_GOES_ON = re.compile(r"^\W*(?:(?:ok\w*|ja|gut|danke|aha|ach so|hm+|ähm?|dann)\W+)*(?:und|aber|oder|auch|sowie|nur)\b")
_POINTS_BACK = re.compile(
    r"^\W*(?:was ist mit|wie ist (?:das|es)|gilt das|gilt es)\b"
    r"|\b(?:das|dies|dafür|davon|dazu|dabei|damit|dagegen|darüber|danach|dann|denn|es|sie|die|der|auch|dort|da|sowas)\b"
)
# "wie lange?", "bis wann", "für wen?"; whereas "Miete" or "neue Wohnung" is a topic of its own.
_ASKS_ON = re.compile(
    r"^\W*(?:(?:für|von|an|bei|mit|zu|auf|in|ohne|gegen|um|nach|vor) )?(?:wie|wo|woher|wohin|womit|wofür|wozu|wovon"
    r"|wann|wer|wen|wem|wessen|was|welche[mnrs]?|warum|wieso|weshalb|wieviele?|ab|bis|seit|echt|wirklich)\b"
)
MOST_WORDS_GOING_ON, MOST_WORDS_POINTING_BACK, MOST_WORDS_ASKING_ON = 14, 8, 2

# Said before a question, and saying nothing about it.
_HESITATION = re.compile(r"\b(?:äh+m*|ähem|öh+m*|eh+m|h+m+|mh+m*|tja|pf+)\b[\s,.…-]*")
_OPENING = re.compile(
    r"[\s,.:;!…–-]*(?:\b(?:ja|also|so|na ?ja|nun|ok|okay|hallo|hi|hey|moin|servus|grüß gott"
    r"|(?:schönen )?guten (?:tag|morgen|abend)|entschuldigung|entschuldigen sie|verzeihung|sagen sie(?: mal)?|sag mal"
    r"|passen sie auf|hören sie|folgendes|und zwar|es geht darum|meine frage (?:ist|wäre|lautet)|(?:kurze |eine )frage"
    r"|(?:ich|wir) (?:woll(?:te|ten|t|en)|würden?|möchten?|will|hätten?|hätt|habe|haben|hab)"
    r"(?: (?:mal|gern|gerne|nur|bloß|kurz|eben|da|noch|sie|euch|jetzt|eigentlich|einfach|schnell|dazu))*"
    r" (?:fragen|wissen|nachfragen|(?:eine?|ne|ein paar) (?:kurze |kleine )?fragen?))\b[\s,.:;!…–-]*)+"
)
_WORD = re.compile(r"\d+[a-z]?(?![a-zäöüß])|\d+|[a-zäöüß]+")
_LAW_BOOKS = {"zweites": "2", "zweiten": "2", "zehntes": "10", "zehnten": "10", "zwölften": "12", "ersten": "1"}
_PARAGRAPH = re.compile(
    r"(?:§+|\bparagra(?:ph|f)(?:en|s)?\b|\bpar\.)\s*(\w+)(?:\s+([a-z])(?![a-zäöüß.]))?"
    r"(?:,?\s*\babs(?:atz|\.)?\s*(\d+[a-z]?)\b)?"
)
_OTHER_LAWS = (
    "sgg|bkgg|wogg|uhvorschg|rbeg|bgg|bitv|komtrzv|bgb|stgb|hgb|zpo|inso|estg|ao|gg|aufenthg|asylblg|beeg|kschg|arbzg"
)
_SPELT_LAW = re.compile(rf"\b(?:s g b|{'|'.join(' '.join(law) for law in _OTHER_LAWS.split('|'))})\b(?! [a-z]\b)")
_SUBSECTION = re.compile(r"\bAbs\. (\d+[a-z]?)")
_LAW = re.compile(
    r"\bsgb\s*(\w+)"
    rf"|\b({_OTHER_LAWS})\b"
    r"|\bsozialgesetzbuch(?:es)?\s+(\w+)"
)


@dataclass(frozen=True, slots=True)
class Unit:
    """One word of a query, and the terms it may be found by with their weights."""

    surface: str
    terms: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Query:
    """An analysed query. `corrected` is its text with misspelt words replaced, for the encoder."""

    units: tuple[Unit, ...]
    corrected: str
    paragraphs: tuple[str, ...] = ()


def clean(text: str) -> str:
    """Lower-case text in composed form without control characters."""
    composed = unicodedata.normalize("NFKC", text).lower().replace("ẞ", "ß").replace("\n", " ")
    if composed.isprintable():  # nearly always, and a tenth of the time
        return composed
    return "".join(character if character.isprintable() else " " for character in composed)


def as_written(text: str) -> str:
    """A cleaned text with numbers and laws as people write them, where a voice said them: "paragraf 32 sgb 2" for
    "paragraf zweiunddreißig s g b zwei", "350 euro" for "dreihundert fünfzig euro"."""
    return numbers_as_digits(_SPELT_LAW.sub(lambda match: match[0].replace(" ", ""), text))


def numbers_as_digits(text: str) -> str:
    """A cleaned text with its number words as digits."""
    # Most texts of the articles have none; the pattern alone made building the search's index half as long again.
    padded = f" {text}"
    return _SAID_NUMBER.sub(_number_said, text) if any(part in padded for part in _IN_NUMBERS) else text


def _number_said(match: re.Match[str]) -> str:
    number = _below_thousand(match["below"] or match["further"])
    if match["tausend"]:
        number += 1000 * (_below_thousand(match["thousands"]) or 1)
    # "am zehnten" is "am 10."; what is first, second or third is seldom a day, and its words say more than a number.
    is_rank = match["ordinal"] and number < FIRST_DAY_BY_NUMBER
    return match[0] if is_rank or match[0] == "ein" else str(number)


def _below_thousand(said: str | None) -> int:
    before, hundred, after = (said or "").replace(" ", "").rpartition("hundert")
    below = int(number_from_words(after.removeprefix("und")) or 0)
    return below + 100 * int(number_from_words(before) or 1) if hundred else below


def the_question(text: str) -> str:
    """A cleaned text without what people say before they ask ("guten Tag, also ich wollte mal fragen") and between
    the words ("äh"); all of it where that is all."""
    rest = _HESITATION.sub("", text)
    opening = _OPENING.match(rest)
    rest = rest[opening.end() :] if opening else rest
    return rest if _WORD.search(rest) else text


def leans_on_previous(text: str) -> bool:
    """Whether a text reads as the continuation of a talk: short, and with a word that points back or asks on."""
    cleaned = clean(text)
    count = len(words(cleaned))
    return (
        (0 < count <= MOST_WORDS_ASKING_ON and _ASKS_ON.search(cleaned) is not None)
        or (count <= MOST_WORDS_GOING_ON and _GOES_ON.search(cleaned) is not None)
        or (count <= MOST_WORDS_POINTING_BACK and _POINTS_BACK.search(cleaned) is not None)
    )


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """The form by which all inflections of a word are compared."""
    if len(word) < 3 or not word.isalpha():
        return _ROMAN.get(word, word)
    # With a capital the lemmatiser reads "arbeit" and "bedarf" as the nouns they are, and still finds verbs.
    lemma = simplemma.lemmatize(word.capitalize(), lang="de").lower()
    # A stemmer object keeps the word it works on, so threads must not share one; making one costs under 1 µs.
    return str(snowballstemmer.stemmer("german").stemWord(lemma)).translate(_FOLD)


@lru_cache(maxsize=65536)
def is_german(word: str) -> bool:
    """Whether a general dictionary of German has the word."""
    return bool(simplemma.is_known(word.capitalize(), lang="de"))


def words(text: str) -> list[str]:
    """The words and numbers of a cleaned text."""
    return _WORD.findall(text)


def number_from_words(word: str) -> str | None:
    """The number that a German number word below one hundred names, as the telephone's recogniser writes it."""
    if word in _NUMBER_WORDS:
        return str(_NUMBER_WORDS[word])
    if word in _TENS:
        return str(_TENS[word])
    ones, joined, tens = word.partition("und")
    if joined and ones in _NUMBER_WORDS and tens in _TENS:
        return str(_TENS[tens] + _NUMBER_WORDS[ones])
    if word.endswith("zehn") and word.removesuffix("zehn") in _NUMBER_WORDS:
        return str(10 + _NUMBER_WORDS[word.removesuffix("zehn")])
    return None


def paragraphs(text: str) -> tuple[tuple[str, ...], str]:
    """The paragraphs that a cleaned text names, as terms ("§22" or "§22 2" with the law's number), and the rest."""
    found: list[str] = []
    rest, end, law_before = [], 0, _law(text)
    matches = [match for match in _PARAGRAPH.finditer(text) if _paragraph_number(match)]
    ends = [*(match.start() for match in matches[1:]), len(text)]
    for match, until in zip(matches, ends, strict=False):
        law = _law(text[match.end() : until]) or law_before
        found.append(f"§{_paragraph_number(match)} {law}".strip() + (f" ({match[3]})" if match[3] else ""))
        rest.append(text[end : match.start()])
        end = match.end()
    rest.append(text[end:])
    return tuple(dict.fromkeys(found)), _LAW.sub(" ", " ".join(rest)) if found else text


def _law(text: str) -> str:
    """The number or abbreviation of the first law that a text names; empty where it names none."""
    match = _LAW.search(text)
    name = (match[1] or match[2] or match[3] or "") if match else ""
    return _ROMAN.get(name) or number_from_words(name) or _LAW_BOOKS.get(name) or name


def _paragraph_number(match: re.Match[str]) -> str | None:
    number = match[1] if match[1][0].isdigit() else number_from_words(match[1])
    if number is None or not re.fullmatch(r"\d{1,4}[a-z]?", number):
        return None
    return number + match[2] if match[2] and number.isdigit() else number


def citation_terms(label: str, title: str = "") -> tuple[str, ...]:
    """The terms under which an article is found by a paragraph it cites: without and with the law, and with each of
    the subsections that the citation's title names."""
    found, _ = paragraphs(clean(label.removeprefix("Anlage zu ")))
    terms = [term for paragraph in found for term in (paragraph.split()[0], paragraph)]
    terms += [f"{term} ({number})" for term in terms for number in _SUBSECTION.findall(title)]
    return tuple(dict.fromkeys(terms))


def paragraph_terms(paragraph: str) -> tuple[tuple[str, float], ...]:
    """The terms of a paragraph that a query names; one that names a subsection finds its exact place first."""
    whole, names_subsection, _ = paragraph.partition(" (")
    return ((whole, 0.5), (paragraph, 0.5)) if names_subsection else ((paragraph, 1.0),)


@dataclass
class Analyzer:
    """German analysis with the vocabulary of one set of articles. Build once with `learn`, then only read."""

    synonyms: Mapping[str, Iterable[str]]
    vocabulary: dict[str, set[str]] = field(default_factory=dict)  # stem: words that have it
    _phrases: dict[str, list[tuple[tuple[str, ...], str]]] = field(default_factory=dict)
    _spellings: dict[str, str] = field(default_factory=dict)  # folded word: word
    _by_length: dict[int, list[str]] = field(default_factory=dict)  # the folded words of each length
    _splits: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def learn(self, texts: Iterable[str]) -> None:
        """Take in the vocabulary of the articles, then the synonyms that lead to it."""
        for text in texts:
            for word in words(numbers_as_digits(clean(text))):
                if word not in _STOP_WORDS:
                    self.vocabulary.setdefault(stem(word), set()).add(word)
        # Words that say little are among the spellings, so that "konte" is read as "konnte" and not as "konto".
        known = {word for found in self.vocabulary.values() for word in found} | _STOP_WORDS
        for concept, expressions in self.synonyms.items():
            for expression in (concept, *expressions):
                found = words(numbers_as_digits(clean(expression)))
                key = tuple(map(stem, found))
                self._phrases.setdefault(key[0], []).append((key, f"={concept}"))
                known.update(word for word in found if word not in _STOP_WORDS)
        for phrases in self._phrases.values():
            phrases.sort(key=lambda phrase: -len(phrase[0]))
        self._spellings = {word.translate(_FOLD): word for word in sorted(known) if len(word) >= 4 and word.isalpha()}
        self._by_length = {}
        for folded in self._spellings:
            self._by_length.setdefault(len(folded), []).append(folded)

    def document(self, text: str) -> dict[str, float]:
        """The terms of a text with how often they occur; parts of compounds count less than words of their own."""
        counts: dict[str, float] = {}
        found = words(numbers_as_digits(clean(text)))
        stems = [stem(word) for word in found]
        for position, word in enumerate(found):
            if word not in _STOP_WORDS:
                counts[stems[position]] = counts.get(stems[position], 0.0) + 1.0
                for part in self.split(word):
                    for term in (part, *(concept for _, concept in self._concepts([part]))):
                        counts[term] = counts.get(term, 0.0) + PART_WEIGHT
        for _, concept in self._concepts(stems):
            counts[concept] = counts.get(concept, 0.0) + 1.0
        return counts

    def stems(self, text: str) -> list[str]:
        """The stems of the words that say something, for a text that is spelt right."""
        return [stem(word) for word in words(numbers_as_digits(clean(text))) if word not in _STOP_WORDS]

    def query(self, text: str) -> Query:
        """Take a citizen's question apart."""
        cited, rest = paragraphs(as_written(clean(text[:LONGEST_QUERY])))
        found = self._joined(words(rest))
        guesses = [self._spelling(word) for word in found]
        corrected = [guess[0][0] if guess else word for word, guess in zip(found, guesses, strict=True)]
        stems = [stem(word) for word in corrected]
        concepts: dict[int, list[str]] = {}
        in_expression: set[int] = set()
        for covered, concept in self._concepts(stems):
            for position in covered:
                concepts.setdefault(position, []).append(concept)
            if len(covered) > 1:
                in_expression.update(covered)
        units = [Unit(paragraph, paragraph_terms(paragraph)) for paragraph in cited]
        for position, word in enumerate(corrected):
            if word in _STOP_WORDS and position not in in_expression:
                continue
            unknown = len(word) < SHORTEST_UNKNOWN and stem(word) not in self.vocabulary
            if (unknown or len(word) == 1) and position not in concepts:
                continue
            terms = self._terms(word, concepts.get(position, []))
            if guesses[position]:
                certainty = guesses[position][0][1] * SPELLING_WEIGHT
                terms = {term: weight * certainty for term, weight in terms.items()}
                for other, similarity in guesses[position][1:]:
                    terms.setdefault(stem(other), similarity * SPELLING_WEIGHT)
            units.append(Unit(found[position], tuple(terms.items())))
        return Query(tuple(units), " ".join(corrected), cited)

    def split(self, word: str) -> tuple[str, ...]:
        """The stems of a compound's parts; empty where the word is none."""
        if not SHORTEST_COMPOUND <= len(word) <= LONGEST_WORD:
            return ()
        parts = self._splits.get(word)
        if parts is None:
            parts = tuple(self._parts(word, 0))
            if len(self._splits) < REMEMBERED_SPLITS:
                self._splits[word] = parts
        return parts

    def _parts(self, word: str, depth: int) -> list[str]:
        best: list[str] = []
        for cut in range(len(word) - SHORTEST_PART, SHORTEST_PART - 1, -1):
            right = self._part(word[cut:], depth)
            if not right:
                continue
            for link in _LINKING:
                left_word = word[:cut].removesuffix(link) if word[:cut].endswith(link) else ""
                left = self._part(left_word, depth) if len(left_word) >= SHORTEST_PART else []
                if left and (not best or len(left) + len(right) < len(best)):
                    best = left + right
        return best

    def _part(self, word: str, depth: int) -> list[str]:
        if word in _STOP_WORDS or word in _NO_PARTS:
            return []
        if stem(word) in self.vocabulary or stem(word) in self._phrases:
            return [stem(word)]
        return self._parts(word, depth + 1) if depth < 1 and len(word) >= SHORTEST_COMPOUND else []

    def _joined(self, found: list[str]) -> list[str]:
        """Words that speech recognition or a hurried hand wrote apart ("wider spruch", "grund sicherung geld", "w b a")
        put together again."""
        joined: list[str] = []
        position = 0
        while position < len(found):
            word, length = self._longest_joined(found, position)
            joined.append(word)
            position += length
        return joined

    def _longest_joined(self, found: list[str], position: int) -> tuple[str, int]:
        """The word that begins at a position, and how many words it was written as."""
        if len(found[position]) == 1:
            for length in range(LONGEST_SPELT, 1, -1):
                letters = found[position : position + length]
                word = "".join(letters)
                if len(word) == length == len(letters) and word.isalpha() and self._is_known(word):
                    return word, length
        for length in (3, 2):
            parts = found[position : position + length]
            if len(parts) == length and all(part.isalpha() for part in parts):
                for word in _compounds(parts):
                    if len(word) >= SHORTEST_JOINED and word.translate(_FOLD) in self._spellings:
                        return word, length
        return found[position], 1

    def _is_known(self, word: str) -> bool:
        return stem(word) in self.vocabulary or stem(word) in self._phrases

    def _terms(self, word: str, concepts: list[str]) -> dict[str, float]:
        """The terms of one query word; several may match at once, their weights then add up to at most one."""
        terms = {} if word in _STOP_WORDS else {stem(word): 1.0}
        for concept in concepts:
            terms[concept] = CONCEPT_WEIGHT
        parts = self.split(word)
        for part in parts:
            share = PART_WEIGHT / len(parts)
            others = [concept for _, concept in self._concepts([part])]
            # Whatever has the part has its concept too; together they give the part's share and no more.
            terms.setdefault(part, share * (1 - CONCEPT_WEIGHT) if others else share)
            for concept in others:
                terms.setdefault(concept, share * CONCEPT_WEIGHT / len(others))
        return terms

    def _concepts(self, stems: list[str]) -> Iterator[tuple[range, str]]:
        for position, first in enumerate(stems):
            for key, concept in self._phrases.get(first, ()):
                if tuple(stems[position : position + len(key)]) == key:
                    yield range(position, position + len(key)), concept

    def _spelling(self, word: str) -> list[tuple[str, float]]:
        """What a word that nobody knows was meant to be, best first; empty for a known word."""
        if (
            not 4 <= len(word) <= LONGEST_WORD
            or not word.isalpha()
            or word in _STOP_WORDS
            or stem(word) in self.vocabulary
            or stem(word) in self._phrases
            or is_german(word)
            or self.split(word)
        ):
            return []
        folded = word.translate(_FOLD)
        edits = 1 if len(word) < 6 else 2 if len(word) < 12 else 3
        # The longer first: a letter is left out more often than typed twice, and of equals the first is taken.
        near = [
            word
            for length in range(len(folded) + edits, len(folded) - edits - 1, -1)
            for word in self._by_length.get(length, ())
        ]
        matches = process.extract(folded, near, scorer=OSA.distance, score_cutoff=edits, limit=5)
        matches = [match for match in matches if len(word) >= 8 or match[0][0] == folded[0]]
        return [
            (self._spellings[match], 1 - distance / max(len(folded), len(match)))
            for match, distance, _ in matches
            if distance <= matches[0][1]
        ][:3]


def _compounds(parts: list[str]) -> Iterator[str]:
    """What two or three words may be together, as they stand first, then with linking letters between them."""
    yield "".join(parts)
    if all(len(part) >= SHORTEST_PART and part not in _STOP_WORDS for part in parts):
        for links in product(_LINKING, repeat=len(parts) - 1):
            yield "".join(part + link for part, link in zip(parts, (*links, ""), strict=True))
