"""Names said and spelled, and e-mail addresses as people say them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.hearing.parse.letters import spellings_in
from voice.hearing.parse.mail import mail_in
from voice.hearing.parse.names import name_in
from voice.hearing.parse.vocabulary import vocabulary

_WORDS: dict[str, str] = vocabulary()["letters"]["words"]
_WORD_FOR = {letter: word for word, letter in reversed(_WORDS.items())}


@given(st.text(alphabet="abcdefghijklmnopqrstuvwxyzäöü", min_size=3, max_size=12))
def test_every_letter_that_was_spelled_is_heard(name: str) -> None:
    as_letters = list(name)
    as_words = [_WORD_FOR[letter] for letter in name]
    like = [part for letter in name for part in (letter, "wie", _WORD_FOR[letter])]
    for words in (as_letters, as_words, like):
        assert [run.letters for run in spellings_in(words, asked=True)] == [name], words


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("ich heiße jonas wegener", "Jonas Wegener"),
        ("wegener mein name", "Wegener"),
        ("mein name ist fatma yıldız", "Fatma Yıldız"),
        ("guten tag hier spricht frau ahrens", "Ahrens"),
        ("auf den namen lena von der leyen", "Lena von der Leyen"),
        ("o w e n", "Owen"),
        ("k wie kaufmann r o doppel l", "Kroll"),
        ("cäsar heinrich richard ida siegfried theodor", "Christ"),
        ("s c h wie schule", "Scsch"),
        ("jonas wegner w e g e n e r", "Jonas Wegener"),
        ("w e g e n e r vorname jonas", "Jonas Wegener"),
        ("vorname j o n a s nachname w e g e n e r", "Jonas Wegener"),
        ("peter hansen ich buchstabiere h a n s s e n", "Peter Hanssen"),
        ("mayer mit e i", "Meier"),
        ("schmitt mit d t", "Schmidt"),
        ("schröder mit o umlaut", "Schröder"),
        ("weiss mit eszett", "Weiß"),
        ("hansen mit zwei s", "Hanssen"),
        ("anna bindestrich lena koch", "Anna-Lena Koch"),
        ("l ö w e bindestrich k l e i n", "Löwe-Klein"),
        ("b u scharfes s e", "Buße"),
        ("k umlaut u h n", "Kühn"),
        ("k u umlaut h n", "Kühn"),
    ],
)
def test_a_name_is_heard_plain_and_spelled(said: str, name: str) -> None:
    heard = name_in(said.split())
    assert heard is not None
    assert heard.name == name


def test_a_surname_spelled_afterwards_finds_its_first_name() -> None:
    heard = name_in(["t", "h", "o", "m", "a"], so_far="Ines Toma", spelling=True)
    assert heard is not None
    assert heard.name == "Ines Thoma"


@pytest.mark.parametrize(
    "said",
    [
        "das möchte ich nicht sagen",
        "warum wollen sie das wissen",
        "ich brauche einen termin",
        "wie lange dauert das denn noch",
    ],
)
def test_what_is_no_name_is_not_taken_for_one(said: str) -> None:
    assert name_in(said.split()) is None


@pytest.mark.parametrize("said", ["ich habe a und b gesagt", "das ist e mail", "er es de", "ich bin im s g b"])
def test_single_letters_in_a_sentence_are_no_spelling(said: str) -> None:
    assert [run for run in spellings_in(said.split()) if len(run.letters) < 3] == []


@pytest.mark.parametrize(
    ("said", "address"),
    [
        ("jonas punkt w at posteo punkt d e", "jonas.w@posteo.de"),
        ("meine e mail adresse lautet jonas unterstrich wegener at gmx punkt de", "jonas_wegener@gmx.de"),
        ("jonas neunzehnhundert neunzig ät web de", "jonas1990@web.de"),
        ("w e g e n e r klammeraffe t online punkt de", "wegener@t-online.de"),
        ("info at beispiel bindestrich verein punkt org", "info@beispiel-verein.org"),
        ("j punkt doppel t at google mail punkt com bitte", "j.tt@googlemail.com"),
        ("lena zwei drei at i cloud punkt com", "lena23@icloud.com"),
        ("alles klein lena minus koch at mailbox punkt org", "lena-koch@mailbox.org"),
        ("lena at post punkt uni punkt koeln punkt de", "lena@post.uni.koeln.de"),
    ],
)
def test_an_address_is_heard_as_it_is_said(said: str, address: str) -> None:
    heard = mail_in(said.split())
    assert heard is not None
    assert heard.address == address


def test_an_umlaut_in_an_address_is_spelled_out_and_both_are_known() -> None:
    heard = mail_in(["jörg", "at", "posteo", "punkt", "de"])
    assert heard is not None
    assert (heard.address, heard.umlaut) == ("joerg@posteo.de", "jörg@posteo.de")


@pytest.mark.parametrize("said", ["ich habe keine", "at", "null eins sieben zwei", "at gmx punkt de"])
def test_where_no_address_was_said_none_is_heard(said: str) -> None:
    assert mail_in(said.split()) is None


def test_half_an_address_is_not_made_up() -> None:
    heard = mail_in(["lena", "at", "irgendwas"])
    assert heard is None or heard.address is None
