"""Numbers come out in the words the recogniser writes, so that a parser behind it can add them up."""

import pytest

from voice.training.numerals import cardinal, clock, clock_times, digits, letters, money, ordinal, vocabulary, year


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (0, "null"),
        (1, "eins"),
        (16, "sechzehn"),
        (21, "einundzwanzig"),
        (27, "siebenundzwanzig"),
        (100, "hundert"),
        (101, "hundert eins"),
        (350, "dreihundert fünfzig"),
        (1200, "tausend zweihundert"),
        (2026, "zweitausend sechsundzwanzig"),
        (12_500, "zwölftausend fünfhundert"),
        (45_000, "fünfundvierzig tausend"),
        (130_000, "hundert dreißig tausend"),
    ],
)
def test_hundreds_and_thousands_are_words_of_their_own(number, said):
    assert " ".join(cardinal(number)) == said


def test_years_dates_times_and_sums_are_said_as_people_say_them():
    assert " ".join(year(1988)) == "neunzehnhundert achtundachtzig"
    assert " ".join(year(2000)) == "zweitausend"
    assert [ordinal(day) for day in (1, 3, 7, 12, 19, 20, 31)] == [
        "ersten", "dritten", "siebten", "zwölften", "neunzehnten", "zwanzigsten", "einunddreißigsten",
    ]  # fmt: skip
    assert " ".join(clock(14, 30)) == "vierzehn uhr dreißig"
    assert " ".join(clock(1)) == "ein uhr"
    assert " ".join(money(1)) == "ein euro"
    assert " ".join(money(12, 50)) == "zwölf euro fünfzig"
    assert digits("0171 2") == ["null", "eins", "sieben", "eins", "zwei"]
    assert letters("Groß") == ["g", "r", "o", "eszett"]


def test_every_number_up_to_a_million_is_put_together_from_the_vocabulary():
    words = vocabulary()
    for number in [*range(2100), 9_999, 12_345, 99_999, 123_456, 999_999]:
        assert set(cardinal(number)) <= words, number
        assert set(cardinal(number, bare=False)) <= words, number


def test_no_time_of_day_is_missing_from_the_grammar():
    times = set(clock_times())
    assert {
        "halb drei",
        "viertel nach zehn",
        "dreiviertel zwölf",
        "fünf vor halb acht",
        "null uhr",
        "acht uhr fünf",
    } <= times
    assert len(times) == len(clock_times())
