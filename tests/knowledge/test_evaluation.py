"""Every measure gives the figure that is counted by hand; the sets are sound and unlearned."""

import pytest

from knowledge import ROOT
from knowledge.errors import KnowledgeError
from knowledge.evaluation.__main__ import outcomes
from knowledge.evaluation.baselines import PlainBM25
from knowledge.evaluation.measures import Measures, Outcome, interval
from knowledge.evaluation.report import BEGIN, END, insert
from knowledge.evaluation.rows import Row, load_rows, unseen
from knowledge.evaluation.telephone import as_recognised, heard


def row(article: str | None, *, also: tuple[str, ...] = ()) -> Row:
    return Row(question="?", article=article, register="standard", also=list(also))


FOUND = [
    Outcome(row("a"), ("a", "b", "c"), "answer", 0.9),
    Outcome(row("a"), ("b", "a", "c"), "answer", 0.8),
    Outcome(row("a"), ("b", "c", "a"), "clarify", 0.5),
    Outcome(row("a"), ("b", "c", "d"), "clarify", 0.4),
    Outcome(row("a", also=("b",)), ("b", "a"), "answer", 0.9),
    Outcome(row("a"), ("a",), "abstain", 0.2),
    Outcome(row(None), ("a",), "abstain", 0.1),
    Outcome(row(None), ("a",), "answer", 0.7),
]


@pytest.mark.parametrize(
    ("measure", "figure"),
    [
        (lambda m: m.hit(1), 3 / 6),
        (lambda m: m.hit(3), 5 / 6),
        (lambda m: m.mean_reciprocal_rank(), (1 + 1 / 2 + 1 / 3 + 0 + 1 + 1) / 6),
        (lambda m: m.answer_precision(), 2 / 4),
        (lambda m: m.answer_recall(), 2 / 6),
        (lambda m: m.helped(), 3 / 6),
        (lambda m: m.abstain_precision(), 1 / 2),
        (lambda m: m.abstain_recall(), 1 / 2),
        (lambda m: m.nonsense(), 1 / 2),
        (lambda m: m.refused(), 1 / 6),
        (lambda m: m.risk_at_coverage(0.5), 2 / 4),
        (lambda m: m.risk_at_coverage(1.0), 5 / 8),
    ],
)
def test_a_measure_is_what_counting_by_hand_gives(measure, figure):
    assert measure(Measures(FOUND)) == pytest.approx(figure)


def test_the_calibration_error_weighs_each_bin_by_its_size():
    found = [Outcome(row("a"), ("a",), "answer", 0.95)] * 3 + [Outcome(row("a"), ("b",), "answer", 0.95)]
    found += [Outcome(row("a"), ("b",), "answer", 0.15)]
    assert Measures(found).calibration_error() == pytest.approx((abs(0.95 - 0.75) * 4 + 0.15) / 5)
    assert [group.size for group in Measures(found).reliability()] == [1, 4]


def test_measures_of_nothing_are_zero():
    nothing = Measures([])
    assert (nothing.hit(1), nothing.mean_reciprocal_rank(), nothing.calibration_error()) == (0, 0, 0)


@pytest.mark.parametrize("name", ["development", "test"])
def test_the_labelled_questions_name_articles_that_are_there(content, name):
    rows = load_rows(ROOT / "evaluation" / f"{name}.jsonl")
    named = {id for row in rows for id in row.accepted}
    assert named <= set(content.articles)
    assert sum(row.article is None for row in rows) >= 140
    assert sum(row.previous is not None for row in rows) >= 20, "follow-up questions"
    assert {row.register_ for row in rows} == {"standard", "colloquial", "simple", "speech", "misspelt"}


def test_no_question_stands_in_both_sets():
    development = load_rows(ROOT / "evaluation" / "development.jsonl")
    test = load_rows(ROOT / "evaluation" / "test.jsonl")
    assert unseen(test, [row.question for row in development]) == test


def test_a_question_that_was_learned_word_for_word_is_left_out():
    rows = [Row(question=question, article="a", register="simple") for question in ("Was, bitte?", "Wie?")]
    assert [row.question for row in unseen(rows, ["was bitte"])] == ["Wie?"]


def test_a_mistake_in_a_set_names_its_line(tmp_path):
    path = tmp_path / "set.jsonl"
    path.write_text('{"question": "a", "article": null, "register": "simple"}\n{"question": "b"}\n', encoding="utf-8")
    with pytest.raises(KnowledgeError, match="Zeile 2: article fehlt"):
        load_rows(path)


@pytest.fixture(scope="module")
def written(library) -> Measures:
    """What the library does with the development questions as they stand."""
    return Measures(outcomes(library, load_rows(ROOT / "evaluation" / "development.jsonl"))[0])


def test_on_the_development_set_the_search_beats_plain_bm25_and_keeps_its_promises(library, written):
    rows = [outcome.row for outcome in written.outcomes]
    baseline = PlainBM25(list(library.articles.values()))
    measures = written
    plain = Measures([Outcome(row, baseline.ranking(row.question)) for row in rows])
    assert measures.hit(1) >= 0.9
    assert measures.hit(3) >= 0.96
    assert measures.hit(1) >= plain.hit(1) + 0.15
    assert measures.answer_precision() >= 0.95
    assert measures.abstain_recall() >= 0.8
    assert measures.nonsense() <= 0.06
    assert measures.calibration_error() <= 0.06


def test_follow_up_questions_find_their_article(written):
    follow_ups = Measures([outcome for outcome in written.outcomes if outcome.row.previous])
    assert len(follow_ups.answerable) >= 40
    assert follow_ups.hit(1) >= 0.83


@pytest.mark.parametrize(("lost", "cost"), [(0.0, 0.01), (0.05, 0.03)])
def test_the_telephone_costs_few_hits(library, written, lost, cost):
    rows = [heard(outcome.row, lost=lost) for outcome in written.outcomes]
    measures = Measures(outcomes(library, rows)[0])
    assert measures.hit(1) >= written.hit(1) - cost
    assert measures.refused() <= written.refused() + cost
    assert measures.nonsense() <= 0.03


@pytest.mark.parametrize(
    ("question", "recognised"),
    [
        ("Was steht in § 31a SGB II?", "was steht in paragraf einunddreißig a s g b zwei"),
        ("40.000 € am 12.03., um 14:30 Uhr!", "vierzigtausend euro am zwölften dritten um vierzehn uhr dreißig"),
        ("Gibt's 350 Euro bis zum 15. Mai?", "gibts dreihundert fünfzig euro bis zum fünfzehnten mai"),
        ("WBA mit ELSTER, B2-Kurs", "w b a mit elster b zwei kurs"),
    ],
)
def test_the_recogniser_writes_neither_digits_nor_capitals_nor_signs(question, recognised):
    assert as_recognised(question, lost=0) == recognised


def test_the_same_twentieth_of_the_words_is_lost_each_time():
    question = " ".join(["Amt"] * 1000)
    assert as_recognised(question) == as_recognised(question) != as_recognised(question, seed=1)
    assert 900 < len(as_recognised(question).split()) < 990
    assert as_recognised("Miete", lost=1.0) == "miete"


def test_an_interval_holds_its_mean_and_narrows_with_more_questions():
    few, many = interval([True, False] * 10), interval([True, False] * 500)
    assert few.value == many.value == 0.5
    assert few.low < many.low < 0.5 < many.high < few.high
    assert not few.clear_of(many)
    assert interval([True] * 20).clear_of(interval([False] * 20))


def test_figures_are_put_between_their_marks_and_nowhere_else():
    assert insert(f"oben {BEGIN}\nalt\n{END} unten", "neu") == f"oben {BEGIN}\nneu\n{END} unten"
    with pytest.raises(ValueError, match="marks"):
        insert("ohne Marken", "neu")


def test_the_readme_shows_the_figures_of_the_report():
    report = (ROOT.parent / "benchmarks" / "retrieval" / "report.md").read_text(encoding="utf-8")
    lotse = next(line for line in report.partition("## test")[2].splitlines() if line.startswith("| **Lotse** |"))
    hit = lotse.split("|")[3].strip()
    for path in (ROOT.parent / "README.md", ROOT / "encoder" / "README.md"):
        assert f"| **Lotse** | {hit} |" in path.read_text(encoding="utf-8")
