"""The language model is a probability, the graph says what it says, errors are counted as everybody does."""

import pytest

from voice.training.evaluation import errors, rate
from voice.training.language import END, Source, fst_text, mix
from voice.training.states import Contexts, States

TEXT = [
    "ich habe eine frage",
    "ich habe einen termin",
    "ich brauche einen termin",
    "wann ist mein termin",
    "ich habe eine frage",
]
WORDS = sorted({word for line in TEXT for word in line.split()} | {"niemals"})


@pytest.mark.parametrize("prune", [0.0, 20_000.0])
def test_probabilities_after_any_history_add_up_to_one(prune):
    model = mix([Source(TEXT, 0.7), Source(TEXT[:2], 0.3)], WORDS, prune=prune)
    for history in [(), ("ich",), ("ich", "habe"), ("<s>",), ("<s>", "ich"), ("niemals", "termin")]:
        total = sum(model.of(word, history) for word in [*model.vocabulary, END])
        assert total == pytest.approx(1, abs=1e-6), history


def test_what_was_said_is_likelier_and_nothing_is_impossible():
    model = mix([Source(TEXT, 1.0)], WORDS)
    assert (
        model.of("habe", ("<s>", "ich")) > model.of("brauche", ("<s>", "ich")) > model.of("niemals", ("<s>", "ich")) > 0
    )
    known, unknown = model.perplexity(["ich habe eine frage", "ich habe eine giraffe"])
    assert known < len(WORDS)
    assert unknown == pytest.approx(1 / 10)


def test_the_graph_text_starts_at_the_start_and_names_every_word():
    model = mix([Source(TEXT, 1.0)], WORDS)
    label = {word: number + 1 for number, word in enumerate(sorted(model.vocabulary))}
    lines = fst_text(model, label).splitlines()
    assert lines[0].startswith("0 ")
    assert {int(line.split()[2]) for line in lines if len(line.split()) == 5} == {0, *label.values()}


def test_rare_states_fall_back_to_what_is_known():
    states = States.of(
        {"a": 100, "b": 50, "x": 1},
        {("a", "#", "T"): 90, ("a", "T", "N"): 5, ("a", "T", "#"): 6, ("b", "#", "#"): 3},
        least=10,
        least_phone=10,
    )
    assert states.phones == ("a", "b")
    context = Contexts(states)
    assert states.names[context("a", "#", "t")] == ("a", "#", "T")
    assert states.names[context("a", "t", "n")] == ("a", "T", "*")
    assert states.names[context("b", "#", "#")] == ("b", "*", "*")
    assert States.from_json({"phones": list(states.phones), "kept": [list(state) for state in states.kept]}) == states


def test_errors_are_words_put_in_left_out_or_exchanged():
    assert errors(["a", "b", "c"], ["a", "b", "c"]) == 0
    assert errors(["a", "b", "c"], ["a", "c"]) == 1
    assert errors(["a", "b"], ["a", "x", "b", "y"]) == 2
    assert errors([], ["a"]) == 1
    score = rate([1, 0, 0, 1], [5, 5, 5, 5])
    assert (score.percent, score.total) == (10.0, 20)
    assert score.low <= 10 <= score.high
