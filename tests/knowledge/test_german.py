"""German as citizens write it finds the words that editors wrote."""

import re

import pytest
from num2words import num2words

from knowledge import ROOT
from knowledge.lists import read_lists
from knowledge.retrieval.german import (
    Analyzer,
    as_written,
    citation_terms,
    clean,
    leans_on_previous,
    number_from_words,
    paragraphs,
    stem,
    the_question,
)


@pytest.fixture(scope="module")
def analyzer(content):
    analyzer = Analyzer(read_lists(ROOT / "synonyms.yml"))
    analyzer.learn(text for a in content.articles.values() for text in (a.title, *a.questions, a.text, a.easy))
    return analyzer


def terms(analyzer, text):
    return {term for unit in analyzer.query(text).units for term, _ in unit.terms}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Wohnungen", "wohnung"),
        ("umgezogen", "umziehen"),
        ("verpasste", "verpasst"),
        ("Häuser", "Haus"),
        ("arbeit", "Arbeiten"),
        ("kuehlschrank", "Kühlschrank"),
        ("grosse", "große"),
    ],
)
def test_inflections_and_spellings_of_a_word_have_one_stem(one, other):
    assert stem(clean(one)) == stem(clean(other))


@pytest.mark.parametrize(
    ("compound", "parts"),
    [
        ("mietschulden", ("miet", "schuld")),
        ("kautionsdarlehen", ("kaution", "darleh")),
        ("krankenversicherungsbeitrag", ("krankenversicher", "beitrag")),
    ],
)
def test_compounds_fall_into_words_of_the_articles(analyzer, compound, parts):
    assert analyzer.split(compound) == parts


@pytest.mark.parametrize("word", ["fehlenden", "unterlagen", "bekommen", "wohnung", "pizza"])
def test_a_simple_word_is_not_torn_apart(analyzer, word):
    assert analyzer.split(word) == ()


@pytest.mark.parametrize(
    ("asked", "written"),
    [
        ("Bürgergeld", "Grundsicherungsgeld"),
        ("hartz vier", "Grundsicherungsgeld"),
        ("Alg II", "Grundsicherungsgeld"),
        ("Stütze", "Grundsicherungsgeld"),
        ("Sanktion", "Leistungsminderung"),
        ("gekürzt", "Leistungsminderung"),
        ("WBA", "Weiterbewilligungsantrag"),
        ("Amt", "Jobcenter"),
    ],
)
def test_other_words_for_the_same_meet(analyzer, asked, written):
    assert terms(analyzer, asked) & {term for term in terms(analyzer, written) if term.startswith("=")}


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Widerspurch", "widerspruch"),
        ("Kontoauszüge", "kontoauszüge"),
        ("umziehn", "umziehen"),
        ("Weiterbewiligungsantrg", "weiterbewilligungsantrag"),
        ("wider spruch", "widerspruch"),
        ("grund sicherung geld", "grundsicherungsgeld"),
        ("grund sicherungs geld", "grundsicherungsgeld"),
        ("weiter bewilligung antrag", "weiterbewilligungsantrag"),
        ("w b a", "wba"),
        ("konnte", "konnte"),
        ("konte", "könnte"),
    ],
)
def test_misspelt_and_torn_words_are_read_as_meant(analyzer, written, meant):
    assert analyzer.query(written).corrected == meant


@pytest.mark.parametrize("word", ["Wetter", "Pizza", "Fußball", "Reisepass"])
def test_a_right_word_that_no_article_has_is_not_bent_into_another(analyzer, word):
    assert analyzer.query(word).corrected == word.lower()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("§ 22 SGB II", ("§22 2",)),
        ("was steht in §31a", ("§31a",)),
        ("paragraf einunddreißig a sgb zwei", ("§31a 2",)),
        ("Paragraph 44 SGB X", ("§44 10",)),
        ("§ 84 SGG und § 39 SGB II", ("§84 sgg", "§39 2")),
        ("zweiundzwanzig Euro", ()),
        ("paragraf", ()),
    ],
)
def test_paragraphs_are_recognised_as_written_and_as_spoken(text, found):
    assert paragraphs(clean(text))[0] == found


def test_a_citation_is_found_with_and_without_its_law():
    assert citation_terms("§ 31a SGB II") == ("§31a", "§31a 2")
    assert citation_terms("Anlage zu § 28 SGB XII") == ("§28", "§28 12")


@pytest.mark.parametrize(
    ("word", "number"),
    [
        ("sieben", "7"),
        ("sechzehn", "16"),
        ("siebzig", "70"),
        ("dreiundvierzig", "43"),
        ("neunzehn", "19"),
        ("haus", None),
        ("hundert", None),  # from there on `as_written`
    ],
)
def test_number_words_are_numbers(word, number):
    assert number_from_words(word) == number


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("paragraf zweiunddreißig s g b zwei", "paragraf 32 sgb 2"),
        ("paragraf sieben b s g b zwei", "paragraf 7 b sgb 2"),
        ("dreihundert fünfzig euro", "350 euro"),
        ("tausend euro", "1000 euro"),
        ("ein tausend zwei hundert euro", "1200 euro"),
        ("vier hundert dreissig", "430"),
        ("zweitausend neunzehn", "2019"),
        ("neunzehnhundertneunzig", "1990"),
        ("zwei kinder", "2 kinder"),
        ("fünf und elf", "5 und 11"),
        ("bis zum ein und dreißigsten", "bis zum 31"),
        ("am zehnten", "am 10"),
        ("mein zweiter job, der erste zählt", "mein zweiter job, der erste zählt"),
        ("ein kind", "ein kind"),
        ("beachten, zweifel, einsatz, elfenbein", "beachten, zweifel, einsatz, elfenbein"),
    ],
)
def test_numbers_and_laws_are_read_from_a_voice_as_people_write_them(said, written):
    assert as_written(said) == written


def test_every_number_that_is_said_is_read():
    for number in (*range(2, 1300), *range(1300, 100_000, 997)):
        said = num2words(number, lang="de")
        apart = " ".join(re.sub("(tausend|hundert|und)", r" \1 ", said).split())
        assert [as_written(f"ab {words} euro") for words in (said, apart)] == [f"ab {number} euro"] * 2


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ("äh ich wollte mal fragen wie lange das dauert", "wie lange das dauert"),
        ("ja hallo ähm also wer zahlt die äh miete", "wer zahlt die miete"),
        ("guten tag, ich hätte da mal eine frage: wer zahlt?", "wer zahlt?"),
        ("ich wollte einen antrag stellen", "ich wollte einen antrag stellen"),
        ("ich habe fragen zum bescheid", "zum bescheid"),
        ("ja hallo, § 22 sgb ii?", "§ 22 sgb ii?"),
        ("sozialamt oder jobcenter", "sozialamt oder jobcenter"),
        ("ja", "ja"),
        ("ich wollte mal fragen", "ich wollte mal fragen"),
    ],
)
def test_what_is_said_before_a_question_is_no_part_of_it(said, asked):
    assert the_question(said) == asked


@pytest.mark.parametrize("text", ["wie lange?", "Bis wann", "wo", "für wen", "warum?", "und online?", "ab wann"])
def test_a_few_words_that_ask_on_lean_on_what_was_said_before(text):
    assert leans_on_previous(text)


@pytest.mark.parametrize("text", ["Miete", "miete?", "neue Wohnung", "Umzug", "§ 32", "Termin absagen", ""])
def test_a_topic_in_a_word_or_two_stands_alone(text):
    assert not leans_on_previous(text)
