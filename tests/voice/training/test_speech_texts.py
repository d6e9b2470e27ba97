"""Typed text becomes spoken words; what is measured with is never trained on."""

import pytest

from voice.training import TEXTS, corpus
from voice.training.inflection import Verb, adjective_forms
from voice.training.sentences import Sentences


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("Am 3.12. um 14:30 Uhr", "am dritten zwölften um vierzehn uhr dreißig"),
        (
            "Ich bekomme 563 € bzw. 12,50 Euro",
            "ich bekomme fünfhundert dreiundsechzig euro beziehungsweise zwölf euro fünfzig",
        ),
        ("Miete 1.200 Euro?", "miete tausend zweihundert euro"),
        ("§ 22 SGB II", "paragraph zweiundzwanzig sgb zwei"),
        ("Ab dem 15. Mai", "ab dem fünfzehnten mai"),
        ("99001 Musterstadt", "neun neun null null eins musterstadt"),
        ("Seit 2024 mit 1 Kind", "seit zweitausend vierundzwanzig mit ein kind"),
        ("Termin zur [Leistungsberatung](service) bitte", "termin zur leistungsberatung bitte"),
        ("Hartz IV per E-Mail", "hartz vier per e mail"),
        ("René, ich hab's", "rene ich habs"),
        ("siehe https://example.org", ""),
        ("{{amounts.regelbedarf}} im Monat", ""),
    ],
)
def test_typed_text_is_said(typed, said):
    assert " ".join(corpus.spoken(typed)) == said


def test_nothing_of_the_evaluation_or_of_the_tests_is_read(monkeypatch):
    read = []
    original = corpus.Path.read_text

    def spy(path, *args, **kwargs):
        read.append(str(path))
        return original(path, *args, **kwargs)

    monkeypatch.setattr(corpus.Path, "read_text", spy)
    corpus.questions()
    corpus.tenants()
    corpus.places()
    assert any("phrasings" in path for path in read)
    assert not [path for path in read if "/evaluation/" in path or "/tests/" in path]


def test_all_places_of_the_tenants_are_known():
    places = corpus.places()
    assert {"musterstadt", "beispielheim", "neustadt am see", "beispielhafen"} <= set(places["city"])
    assert {"rathausplatz", "seestraße", "am kai"} <= set(places["street"])


def test_the_same_seed_draws_the_same_sentences_without_open_slots():
    first, second, other = Sentences(7), Sentences(7), Sentences(8)
    drawn = [first.sentence() for _ in range(500)]
    assert drawn == [second.sentence() for _ in range(500)]
    assert all(sentence and set(sentence) <= set("abcdefghijklmnopqrstuvwxyzäöüß ") for sentence in drawn)
    assert drawn != [other.sentence() for _ in range(500)]


def test_every_pattern_can_be_filled():
    maker = Sentences(1)
    for kind in maker.kinds.values():
        for pattern in kind.patterns:
            assert maker.fill(pattern)
    assert TEXTS.is_dir()


def test_verbs_and_adjectives_have_their_forms():
    assert {"rufe", "rief", "angerufen", "anzurufen", "anrufen"} <= Verb.read("an|rufen, ruft, rief, gerufen").words()
    assert Verb.read("machen").words() == {"mache", "machst", "macht", "machen", "machte", "machten", "gemacht"}
    assert adjective_forms("dunkel") == {"dunkel", "dunkle", "dunklen", "dunkler", "dunkles"}
