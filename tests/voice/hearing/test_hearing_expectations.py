"""What a caller meant, knowing the question; one doubt at a time; commands and emergencies never mixed up."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voice.hearing.expectations import (
    SPELL_LAST_NAME,
    WITH_DIALLING_CODE,
    Unsure,
    as_words,
    recognised_text,
    settled,
    understand,
)
from voice.hearing.grammars import grammar_for, listed
from voice.hearing.heard import Expectation, Kind, Option, Understood, Word
from voice.hearing.parse.vocabulary import UNKNOWN
from voice.hearing.tenant_words import TenantWords

KINDS: tuple[Kind, ...] = (
    "free", "yes_no", "choice", "service", "site", "date_time", "name", "phone", "contact", "code", "own_words",
)  # fmt: skip
SERVICES = (
    Option("Antrag stellen", '/inform{"appointment_service":"antrag"}'),
    Option("Unterlagen abgeben", '/inform{"appointment_service":"unterlagen"}'),
    Option("Beratung zu Bescheid und Geld", '/inform{"appointment_service":"beratung"}'),
    Option("Beratung zu Arbeit und Ausbildung", '/inform{"appointment_service":"arbeit"}'),
)
SITES = (
    Option("Jobcenter Musterstadt", '/inform{"appointment_site":"musterstadt"}'),
    Option("Außenstelle Beispielheim", '/inform{"appointment_site":"beispielheim"}'),
    Option("Egal, der früheste Termin", '/inform{"appointment_site":"any"}'),
)
TENANT = TenantWords.load(
    sites=[
        {"id": "musterstadt", "name": "Jobcenter Musterstadt", "address": "Rathausplatz 1, 99001 Musterstadt"},
        {"id": "beispielheim", "name": "Außenstelle Beispielheim", "address": "Bahnhofstraße 12, 99011 Beispielheim"},
    ],
    services=[{"id": "antrag", "name": "Antrag stellen"}],
)


def heard(said: str, kind: Kind, options: Sequence[Option] = (), **more: object) -> Understood:
    return understand(Expectation(kind, tuple(options)), as_words(said.split()), tenant=TENANT, **more)  # type: ignore[arg-type]


def spoken(*words: tuple[str, float]) -> list[Word]:
    return [Word(text, confidence, 0.4 * at, 0.4 * at + 0.4) for at, (text, confidence) in enumerate(words)]


@pytest.mark.parametrize(
    "said", ["ja", "jo", "ja genau", "das passt so", "stimmt", "ja das ist alles richtig", "ja gerne bitte"]
)
def test_a_yes_is_a_yes(said: str) -> None:
    assert heard(said, "yes_no") == Understood(payload="/affirm")


@pytest.mark.parametrize(
    "said", ["nein", "nee", "nö danke", "das stimmt leider nicht", "das ist falsch", "auf gar keinen fall"]
)
def test_a_no_is_a_no(said: str) -> None:
    assert heard(said, "yes_no") == Understood(payload="/deny")


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ("nein am donnerstag", "nein am Donnerstag"),
        ("ja aber erst um halb zehn", "ja aber erst um 09:30 Uhr"),
        ("nein mein name ist anders", "nein mein name ist anders"),
    ],
)
def test_a_correction_is_more_than_a_no(said: str, text: str) -> None:
    assert heard(said, "yes_no") == Understood(text=text)


def test_yes_and_no_at_once_is_asked_again() -> None:
    understood = heard("nein doch ja", "yes_no")
    assert isinstance(understood, Unsure)
    assert understood.doubt
    assert settled(understood, Expectation("yes_no"), as_words(["nein"])) == Understood(payload="/deny")


def test_an_offered_yes_with_a_meaning_of_its_own_is_what_a_yes_presses() -> None:
    options = (Option("Ja, es ist dringend", "/crisis_power"), Option("Nein, ich habe eine Frage", "/deny"))
    assert heard("ja", "yes_no", options).payload == "/crisis_power"
    assert heard("nein", "yes_no", options).payload == "/deny"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("said", "command"),
    [
        ("mitarbeiter bitte", "person"),
        ("ich möchte mit einem menschen sprechen", "person"),
        ("bitte noch einmal wiederholen", "repeat"),
        ("können sie das nochmal sagen", "repeat"),
        ("einen schritt zurück bitte", "back"),
        ("sprechen sie bitte langsamer", "slower"),
        ("etwas lauter bitte", "louder"),
        ("das ist zu laut", "quieter"),
        ("tschüss", "end"),
        ("hilfe", "help"),
    ],
)
def test_commands_to_the_telephone_work_at_every_question(kind: Kind, said: str, command: str) -> None:
    assert heard(said, kind) == Understood(command=command)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "said",
    [
        "hilfe mein mann schlägt mich",
        "ich will nicht mehr leben",
        "ich mache dem ein ende",
        "ich will ein ende machen",
        "hilfe hilfe",
        "ich kann nicht mehr zurück nach hause",
        "ich mache heute schluss",
        "ich bringe mich um",
        "helfen sie mir bitte schnell",
        "wir haben nichts mehr zu essen",
    ],
)
def test_an_emergency_is_never_swallowed(kind: Kind, said: str) -> None:
    understood = heard(said, kind)
    assert understood.command is None
    assert understood.payload is None
    assert understood.text.split() == said.split()


@pytest.mark.parametrize("kind", KINDS)
def test_an_emergency_that_the_grammar_does_not_hold_is_read_in_the_free_text(kind: Kind) -> None:
    words = [Word("ende", 1.0, 2.0, 2.4), Word(UNKNOWN, 1.0, 0.0, 2.0)]
    understood = understand(Expectation(kind), words, free_text="ich mache meinem leben ein ende")
    assert understood.command is None
    assert understood.text == "ich mache meinem leben ein ende"


def test_a_command_beside_something_not_understood_is_none_except_for_a_person() -> None:
    assert heard("[unk] auflegen", "yes_no").command is None
    assert heard("[unk] mitarbeiter", "yes_no").command == "person"


def test_hanging_up_is_asked_about_where_it_was_heard_badly() -> None:
    understood = understand(Expectation("free"), spoken(("auflegen", 0.6)))
    assert isinstance(understood, Unsure)
    assert understood.command is None
    assert settled(understood, Expectation("free"), as_words(["ja"])) == Understood(command="end")
    assert settled(understood, Expectation("free"), as_words(["nein"])).command is None


@pytest.mark.parametrize(
    ("said", "kind", "options", "payload"),
    [
        ("die zweite", "service", SERVICES, SERVICES[1].payload),
        ("nummer vier", "service", SERVICES, SERVICES[3].payload),
        ("das letzte bitte", "service", SERVICES, SERVICES[3].payload),
        ("ich will unterlagen abgeben", "service", SERVICES, SERVICES[1].payload),
        ("unter lagen", "service", SERVICES, SERVICES[1].payload),
        ("wegen meinem bescheid", "service", SERVICES, SERVICES[2].payload),
        ("in beispielheim bitte", "site", SITES, SITES[1].payload),
        ("beispiel heim", "site", SITES, SITES[1].payload),
        ("in der bahnhofstraße", "site", SITES, SITES[1].payload),
        ("das ist mir egal", "site", SITES, SITES[2].payload),
    ],
)
def test_a_choice_is_known_by_its_place_or_its_words(
    said: str, kind: Kind, options: Sequence[Option], payload: str
) -> None:
    assert heard(said, kind, options) == Understood(payload=payload)


def test_two_choices_that_are_close_are_both_named_and_then_one_is_taken() -> None:
    understood = heard("eine beratung", "service", SERVICES)
    assert isinstance(understood, Unsure)
    assert SERVICES[2].title in str(understood.doubt)
    assert SERVICES[3].title in str(understood.doubt)
    question = Expectation("service", SERVICES)
    assert settled(understood, question, as_words(["zu", "arbeit"])).payload == SERVICES[3].payload
    assert settled(understood, question, as_words(["das", "erste"])).payload == SERVICES[2].payload


@pytest.mark.parametrize("said", ["was kostet das", "ich habe eine frage zur waschmaschine", "weiß ich nicht"])
def test_what_is_none_of_the_choices_goes_on_as_text(said: str) -> None:
    assert heard(said, "service", SERVICES) == Understood(text=said)


def test_a_postcode_is_written_in_figures() -> None:
    assert heard("neun neun null eins eins", "site", SITES) == Understood(text="99011")


def test_among_offered_times_the_second_one_is_a_choice_and_the_second_a_day() -> None:
    times = (Option("Dienstag, 24.11., 10:30 Uhr", "/1"), Option("Mittwoch, 25.11., 9 Uhr", "/2"))
    assert heard("das zweite", "date_time", times) == Understood(payload="/2")
    assert heard("nummer eins", "date_time", times) == Understood(payload="/1")
    assert heard("am zweiten", "date_time", times) == Understood(text="am 2.")
    assert heard("um zwei", "date_time", times) == Understood(text="um 14 Uhr")


def test_of_a_day_and_a_time_only_the_doubtful_one_is_asked_about() -> None:
    words = spoken(("dienstag", 0.7), ("um", 1.0), ("zehn", 1.0), ("uhr", 1.0))
    understood = understand(Expectation("date_time"), words, closed=False)
    assert (understood.text, understood.doubt) == ("Dienstag um 10 Uhr", "Meinten Sie Dienstag?")
    assert isinstance(understood, Unsure)
    assert settled(understood, Expectation("date_time"), as_words(["ja"])) == Understood(text="Dienstag um 10 Uhr")
    corrected = settled(understood, Expectation("date_time"), as_words(["nein", "donnerstag", "um", "zehn"]))
    assert corrected.text == "Donnerstag um 10 Uhr"


def test_what_was_sure_of_a_day_and_a_time_is_kept() -> None:
    question = Expectation("date_time")
    day = understand(question, spoken(("am", 1.0), ("dienstag", 0.7), ("um", 1.0), ("zehn", 1.0)), closed=False)
    assert isinstance(day, Unsure)
    assert settled(day, question, as_words(["nein", "donnerstag"])).text == "Donnerstag um 10 Uhr"
    both = settled(day, question, as_words(["nein", "donnerstag", "um", "halb", "drei"]))
    assert both.text == "Donnerstag um 14:30 Uhr"
    again = settled(day, question, as_words(["nein"]))
    assert isinstance(again, Unsure)
    assert again.doubt == "An welchem Tag?"
    assert settled(again, question, as_words(["am", "freitag"])).text == "am Freitag um 10 Uhr"
    clock = understand(question, spoken(("am", 1.0), ("dienstag", 1.0), ("um", 1.0), ("zehn", 0.7)), closed=False)
    assert isinstance(clock, Unsure)
    assert clock.doubt == "Meinten Sie 10 Uhr?"
    assert settled(clock, question, as_words(["nein", "um", "elf"])).text == "am Dienstag um 11 Uhr"


def test_with_a_grammar_a_low_confidence_is_no_doubt_but_a_gap_is() -> None:
    words = spoken(("dienstag", 0.7), ("halb", 0.8), ("drei", 0.9))
    sure = understand(Expectation("date_time"), words, free_text="dienstag halb drei")
    assert sure == Understood(text="Dienstag 14:30 Uhr")
    gap = understand(Expectation("date_time"), spoken(("dienstag", 1.0), (UNKNOWN, 1.0), ("zehn", 1.0), ("uhr", 1.0)))
    assert (gap.text, gap.doubt) == ("Dienstag 10 Uhr", "Meinten Sie 10 Uhr?")


def test_what_was_heard_twice_alike_is_not_asked_about() -> None:
    words = spoken(("dienstag", 1.0), (UNKNOWN, 1.0), ("zehn", 1.0), ("uhr", 1.0))
    understood = understand(Expectation("date_time"), words, free_text="dienstag um zehn uhr")
    assert understood == Understood(text="Dienstag um 10 Uhr")
    words = spoken(("vier", 1.0), ("sieben", 1.0), (UNKNOWN, 1.0), ("eins", 1.0), ("eins", 1.0))
    understood = understand(Expectation("code"), words, free_text="vier sieben äh eins eins")
    assert understood == Understood(text="4711")


def test_a_digit_that_only_the_free_text_has_is_asked_about() -> None:
    words = spoken(("vier", 1.0), ("sieben", 1.0), (UNKNOWN, 1.0), ("eins", 1.0))
    understood = understand(Expectation("code"), words, free_text="vier sieben drei eins")
    assert (understood.text, understood.doubt) == ("4731", "War die dritte Ziffer eine Drei?")


def test_an_address_at_the_question_for_a_number_is_read_in_the_free_text() -> None:
    words = spoken((UNKNOWN, 1.0), ("at", 1.0), (UNKNOWN, 1.0), ("punkt", 1.0), ("de", 1.0))
    understood = understand(Expectation("contact"), words, free_text="wegener at posteo punkt d e")
    assert understood == Understood(text="wegener@posteo.de")


def test_a_correction_that_the_grammar_does_not_hold_is_read_in_the_free_text() -> None:
    words = spoken(("nein", 1.0), (UNKNOWN, 1.0), (UNKNOWN, 1.0))
    understood = understand(Expectation("yes_no"), words, free_text="nein am mittwoch um zehn")
    assert understood == Understood(text="nein am Mittwoch um 10 Uhr")


def test_a_place_that_the_grammar_does_not_hold_is_read_in_the_free_text() -> None:
    understood = heard("[unk]", "site", SITES, free_text="in beispiel heim")
    assert understood == Understood(payload=SITES[1].payload)


def test_breath_between_words_is_no_gap() -> None:
    words = [
        Word("dienstag", 1.0, 0.0, 0.5),
        Word(UNKNOWN, 1.0, 0.5, 0.58),
        Word("zehn", 1.0, 0.6, 0.9),
        Word("uhr", 1.0, 0.9, 1.2),
    ]
    assert understand(Expectation("date_time"), words) == Understood(text="Dienstag 10 Uhr")


def test_the_digit_in_doubt_is_asked_for_and_replaced() -> None:
    words = spoken(("vier", 1.0), ("zwei", 0.6), ("eins", 1.0), ("null", 1.0))
    understood = understand(Expectation("code"), words, closed=False)
    assert isinstance(understood, Unsure)
    assert understood.doubt == "War die zweite Ziffer eine Zwei?"
    question = Expectation("code")
    assert settled(understood, question, as_words(["ja"])) == Understood(text="4210")
    assert settled(understood, question, as_words(["nein", "eine", "drei"])) == Understood(text="4310")
    assert settled(understood, question, as_words(["vier", "drei", "eins", "null"])) == Understood(text="4310")
    assert settled(understood, question, as_words(["mitarbeiter", "bitte"])) == Understood(command="person")


def test_a_digit_that_was_not_understood_is_put_in_its_place() -> None:
    understood = heard("vier sieben [unk] eins", "code")
    assert isinstance(understood, Unsure)
    assert understood.doubt == "Welche Ziffer kommt nach Vier Sieben?"
    assert settled(understood, Expectation("code"), as_words(["drei"])) == Understood(text="4731")


def test_a_code_of_three_digits_is_no_code() -> None:
    understood = heard("vier sieben eins", "code")
    assert understood.text == ""
    assert "Vier Sieben Eins" in str(understood.doubt)


@pytest.mark.parametrize("kind", ["phone", "contact"])
@pytest.mark.parametrize(
    ("said", "text"),
    [
        ("null eins fünf eins zwei drei vier fünf sechs sieben acht neun", "01512 3456789"),
        ("plus neunundvierzig dreißig dreiundzwanzig zwölf fünfzig zehn", "030 23125010"),
        ("meine nummer ist null drei null zwei drei eins zwei fünf null eins null", "030 23125010"),
    ],
)
def test_a_telephone_number_is_written_in_its_groups(kind: Kind, said: str, text: str) -> None:
    assert heard(said, kind) == Understood(text=text)


def test_a_number_without_dialling_code_is_asked_for_with_it() -> None:
    assert heard("sieben sechs fünf vier drei zwei", "phone").doubt == WITH_DIALLING_CODE


def test_an_address_with_an_umlaut_is_settled_either_way() -> None:
    understood = heard("jörg at posteo punkt de", "contact")
    assert isinstance(understood, Unsure)
    assert understood.doubt == "Schreibt sich das in der Adresse mit O E?"
    assert settled(understood, Expectation("contact"), as_words(["ja"])).text == "joerg@posteo.de"
    assert settled(understood, Expectation("contact"), as_words(["nein"])).text == "jörg@posteo.de"


def test_a_surname_heard_badly_is_spelled_and_joined_with_its_first_name() -> None:
    understood = understand(Expectation("name"), spoken(("ines", 1.0), ("toma", 0.7)))
    assert isinstance(understood, Unsure)
    assert understood.wants_spelling
    assert (understood.text, understood.doubt) == ("Ines Toma", SPELL_LAST_NAME)
    assert settled(understood, Expectation("name"), as_words(["t", "h", "o", "m", "a"])) == Understood(
        text="Ines Thoma"
    )


def test_a_spelled_name_needs_no_more_spelling() -> None:
    words = spoken(("ines", 1.0), ("toma", 0.4), ("t", 0.9), ("h", 0.9), ("o", 0.9), ("m", 0.9), ("a", 0.9))
    assert understand(Expectation("name"), words) == Understood(text="Ines Thoma")


def test_own_words_are_kept_whole() -> None:
    said = "ich komme am dritten dezember nicht weil mein kind krank ist"
    assert heard(said, "own_words") == Understood(text="ich komme am 3. Dezember nicht weil mein kind krank ist")
    assert recognised_text(as_words(said.split())) == heard(said, "own_words").text


def test_nothing_heard_is_nothing_understood() -> None:
    for kind in KINDS:
        assert understand(Expectation(kind), []) == Understood()
        assert understand(Expectation(kind), as_words([UNKNOWN])) == Understood()


_ANY_WORD = st.sampled_from(
    [
        UNKNOWN, "ja", "nein", "eins", "zwei", "zwanzig", "und", "hundert", "tausend", "uhr", "halb", "viertel", "vor",
        "nach", "dienstag", "dritten", "dezember", "at", "punkt", "plus", "doppel", "umlaut", "a", "m", "wie", "martha",
        "mit", "bindestrich", "scharfes", "s", "herr", "vorname", "nachname", "die", "letzte", "nummer", "bitte",
        "euro", "komma", "paragraf", "sgb", "kurz", "minuten", "morgens", "ein", "mal", "zweimal", "gmx", "de",
        "t", "online", "nicht",
    ]
)  # fmt: skip


@settings(max_examples=300)
@given(
    st.sampled_from(KINDS),
    st.lists(st.tuples(_ANY_WORD, st.floats(0, 1)), max_size=9),
    st.lists(_ANY_WORD, max_size=6),
    st.lists(_ANY_WORD.filter(lambda word: word != UNKNOWN), max_size=9),
    st.booleans(),
)
def test_whatever_is_heard_something_is_understood_and_a_doubt_can_be_settled(
    kind: Kind, words: list[tuple[str, float]], next_words: list[str], free: list[str], spelling: bool
) -> None:
    question = Expectation(kind, SERVICES)
    before = "Ines Toma" if spelling else ""
    understood = understand(question, spoken(*words), free_text=" ".join(free), spelling=spelling, so_far=before)
    assert UNKNOWN not in understood.text
    assert not (understood.command and (understood.text or understood.payload))
    assert (understood.doubt is not None) == isinstance(understood, Unsure)
    if isinstance(understood, Unsure):
        settled(understood, question, as_words(next_words))


@pytest.mark.parametrize("kind", KINDS)
def test_every_grammar_holds_the_commands_and_the_mark_of_other_speech(kind: Kind) -> None:
    phrases = grammar_for(Expectation(kind), TENANT)
    if phrases is not None:
        assert phrases[-1] == UNKNOWN
        assert set(listed()["commands"]) <= set(phrases)
        assert len(phrases) == len(set(phrases)) <= 5000
        assert all(phrase == phrase.lower() and phrase.strip() for phrase in phrases)


def test_open_questions_are_heard_freely_and_closed_ones_with_a_grammar() -> None:
    closed = {kind for kind in KINDS if grammar_for(Expectation(kind), TENANT) is not None}
    assert closed == {"yes_no", "code", "phone", "contact", "date_time", "site"}
    assert grammar_for(Expectation("name"), TENANT) is None
    assert "m wie martha" in (grammar_for(Expectation("name"), TENANT, spelling=True) or [])
    assert "bahnhofstraße" in (grammar_for(Expectation("site"), TENANT) or [])


@pytest.mark.parametrize("kind", ["yes_no", "code", "date_time"])
def test_what_a_grammar_lets_through_is_understood(kind: Kind) -> None:
    for phrase in grammar_for(Expectation(kind), TENANT) or []:
        understood = heard(phrase, kind)
        assert understood != Understood() or phrase == UNKNOWN, phrase


def test_the_words_of_a_tenant_are_its_places_streets_and_services() -> None:
    assert TENANT.phrases() == [
        "jobcenter musterstadt", "musterstadt", "rathausplatz", "außenstelle beispielheim", "beispielheim",
        "bahnhofstraße", "antrag stellen",
    ]  # fmt: skip


@pytest.mark.parametrize("said", [
    "o entschuldigung ich habe mich verwählt auf wiederhören", "vielen dank das hilft mir schon tschüss",
])
def test_a_farewell_at_the_end_ends_the_call(said: str) -> None:
    assert understand(Expectation(), as_words(said.split())).command == "end"


def test_a_farewell_inside_a_sentence_does_not() -> None:
    heard = as_words(["er", "sagte", "tschüss", "und", "ging", "ohne", "mein", "geld"])
    assert understand(Expectation(), heard).command is None
