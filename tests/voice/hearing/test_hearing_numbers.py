"""Number words become figures, and nothing else that was said gets lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from num2words import num2words

from voice.hearing.parse.digits import digits_in, phone_number, which_digit
from voice.hearing.parse.numbers import number_at, ordinal_of
from voice.hearing.parse.vocabulary import folded
from voice.hearing.parse.written import written


def _split(value: int) -> list[str]:
    """A number in as many words as the recogniser may cut it into: "zwei tausend drei hundert vier und fünfzig"."""
    if value >= 1000:
        rest = value % 1000
        return [*_split(value // 1000), "tausend", *(_split(rest) if rest else [])]
    if value >= 100:
        rest = value % 100
        return [*_split(value // 100), "hundert", *(_split(rest) if rest else [])]
    if value > 20 and value % 10:
        return [num2words(value % 10, lang="de"), "und", num2words(value // 10 * 10, lang="de")]
    return [num2words(value, lang="de")]


@given(st.integers(0, 99_999))
def test_a_number_is_read_whether_joined_or_cut_into_words(value: int) -> None:
    joined = num2words(value, lang="de")
    for words in ([joined], [joined.replace("ß", "ss")], _split(value)):
        number = number_at(words, 0)
        assert number is not None, words
        assert (number.value, number.end) == (value, len(words)), words


@given(st.integers(1, 99), st.sampled_from(["", "n", "r"]))
def test_an_ordinal_is_read_in_every_ending(value: int, ending: str) -> None:
    assert ordinal_of(num2words(value, lang="de", to="ordinal") + ending) == value


@pytest.mark.parametrize(
    ("said", "value", "taken"),
    [
        ("neunzehnhundert achtundachtzig", 1988, 2),
        ("hundert und fünf euro", 105, 3),
        ("hundert und sonst nichts", 100, 1),
        ("zwoundzwanzig", 22, 1),
        ("zwanzig drei", 20, 1),
        ("fünfundvierzig tausend euro", 45_000, 2),
    ],
)
def test_a_number_ends_where_the_next_one_begins(said: str, value: int, taken: int) -> None:
    number = number_at(said.split(), 0)
    assert number is not None
    assert (number.value, number.end) == (value, taken)


@pytest.mark.parametrize(
    "said", ["ein termin", "eine woche", "einen antrag", "jahrhundert", "vielleicht", "erst", "wachten"]
)
def test_words_that_only_look_like_numbers_are_none(said: str) -> None:
    assert number_at(said.split(), 0) is None


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ("paragraf elf b absatz drei s g b zwei", "§ 11b absatz 3 SGB II"),
        ("nach paragraph zweiundzwanzig wird die miete gezahlt", "nach § 22 wird die miete gezahlt"),
        ("ich bekomme vierhundert dreiundsechzig euro", "ich bekomme 463 Euro"),
        ("das kostet neun euro neunundneunzig im monat", "das kostet 9,99 Euro im monat"),
        ("zwei euro fünfzig cent", "2,50 Euro"),
        ("wir sind drei personen und ich bin einundfünfzig", "wir sind drei personen und ich bin 51"),
        ("seit dem zweiten märz zweitausend fünfundzwanzig", "seit dem 2. März 2025"),
        ("a l g eins und alg zwei", "ALG I und ALG II"),
        ("hartz vier", "hartz IV"),
        ("ich bin um siebzehn uhr fünfundvierzig da", "ich bin um 17:45 Uhr da"),
        ("die postleitzahl ist neun neun null eins eins", "die postleitzahl ist 99011"),
        ("zwölf komma fünf prozent", "12,5 Prozent"),
        ("die erste hilfe kam zu spät", "die erste hilfe kam zu spät"),
        ("dreißig euro zwei wochen zu spät", "30 Euro zwei wochen zu spät"),
        ("w b a und b g nummer", "WBA und BG nummer"),
        ("hausnummer sieben a", "hausnummer 7 a"),
    ],
)
def test_recogniser_text_is_written_as_a_reader_would(said: str, text: str) -> None:
    assert written(said.split()) == text


_NUMBER_WORDS = [*(num2words(value, lang="de") for value in (0, 1, 2, 3, 7, 12, 13, 21, 30, 45, 100, 350, 2026)), "zwo"]
_SIGNS = [
    "paragraf",
    "absatz",
    "euro",
    "cent",
    "prozent",
    "komma",
    "uhr",
    "sgb",
    "alg",
    "plus",
    "und",
    "halb",
    "viertel",
    "vor",
]
_OTHER = [
    "miete",
    "wohnung",
    "ich",
    "habe",
    "am",
    "dezember",
    "dienstag",
    "dritten",
    "kinder",
    "wochen",
    "geld",
    "b",
    "hilfe",
]
_REWRITTEN = {folded(word) for word in [*_NUMBER_WORDS, *_SIGNS, "dritten", "b"]}


@given(st.lists(st.sampled_from([*_NUMBER_WORDS, *_SIGNS, *_OTHER]), max_size=14))
def test_no_word_is_lost_when_text_is_written(words: list[str]) -> None:
    text = written(words)
    kept = [folded(word) for word in text.replace("BB", "b").split()]
    others = [folded(word) for word in words if folded(word) not in _REWRITTEN]
    assert [word for word in kept if word in set(others)] == others
    figures = any(character.isdigit() for character in text) or any(word in text for word in _NUMBER_WORDS)
    assert figures or not any(word in _NUMBER_WORDS for word in words) or "I" in text


@given(st.text(alphabet="0123456789", min_size=1, max_size=14), st.booleans())
def test_every_digit_that_was_said_is_heard_in_order(number: str, zwo: bool) -> None:
    names = ["null", "eins", "zwo" if zwo else "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun"]
    heard = digits_in([names[int(digit)] for digit in number])
    assert heard.text == number
    assert heard.words == tuple(range(len(number)))


@pytest.mark.parametrize(
    ("said", "digits"),
    [
        ("doppel drei vier doppel null", "33400"),
        ("dreimal die fünf und eine sechs", "5556"),
        ("siebzehn fünfundzwanzig", "1725"),
        ("meine nummer ist null vier null dann sechs sechs", "04066"),
        ("plus vier neun eins fünf eins", "+49151"),
        ("vier sieben eins eins nein vier sieben zwei eins", "4721"),
    ],
)
def test_digits_are_heard_however_they_are_grouped(said: str, digits: str) -> None:
    assert digits_in(said.split()).text == digits


def test_what_was_not_understood_between_digits_is_known_by_its_place() -> None:
    assert digits_in(["[unk]", "eins", "zwei", "[unk]", "drei", "[unk]"]).gaps == (2,)


@pytest.mark.parametrize(
    ("digits", "number"),
    [
        ("+4915123456789", "01512 3456789"),
        ("03023125010", "030 23125010"),
        ("15123456789", "01512 3456789"),
        ("765432", None),
        ("0172", None),
    ],
)
def test_a_number_is_only_written_where_such_a_number_can_exist(digits: str, number: str | None) -> None:
    assert phone_number(digits) == number


def test_a_digit_in_doubt_is_asked_for_by_its_place() -> None:
    assert which_digit("4711", 2) == "War die dritte Ziffer eine Eins?"
    assert which_digit("01723040", 7) == "War die letzte Ziffer eine Null?"
    assert which_digit("01723040", 6) == "Kam nach Drei Null eine Vier?"
