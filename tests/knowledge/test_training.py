"""Training repeats itself from a seed, and what it learns is what search can load."""

import random

import numpy as np

from knowledge import ROOT
from knowledge.evaluation.rows import EVALUATION_DAY, load_rows
from knowledge.library import Library
from knowledge.lists import read_lists
from knowledge.retrieval.calibration import Calibration
from knowledge.retrieval.dense import Encoder
from knowledge.training.calibration import fit
from knowledge.training.encoder import Theme, law_themes, themes, train
from knowledge.training.variation import Variation


def small_themes() -> list[Theme]:
    articles, _ = themes("musterkreis")
    return articles[::12][:8]


def test_the_same_seed_gives_the_same_model_and_another_seed_another(tmp_path):
    def vectors(seed: int, name: str) -> np.ndarray:
        model = train(small_themes(), [], [], {"amt": ["behörde"]}, seed=seed, steps=20, dimension=16, vocabulary=400)
        model.save(str(tmp_path / name), create_model_card=False)
        return Encoder.load(tmp_path / name).query(["Wie lege ich Widerspruch ein?"])

    first = vectors(1, "a")
    assert np.array_equal(first, vectors(1, "b"))
    assert not np.allclose(first, vectors(2, "c"))
    assert np.allclose(np.linalg.norm(first, axis=1), 1.0, atol=1e-5)


def test_training_brings_questions_of_one_article_together(tmp_path):
    model = train(small_themes(), [], [], {}, seed=1, steps=400, dimension=64, vocabulary=600)
    model.save(str(tmp_path / "encoder"), create_model_card=False)
    encoder = Encoder.load(tmp_path / "encoder")
    questions = [theme.questions[:2] for theme in small_themes()]
    first, second = (encoder.query([pair[side] for pair in questions]) for side in (0, 1))
    nearest = (first @ second.T).argmax(axis=1)
    assert sum(nearest == np.arange(len(questions))) >= 7


def test_variations_repeat_from_a_seed_and_keep_most_words():
    synonyms = read_lists(ROOT / "synonyms.yml")
    question = "Zahlt das Jobcenter meine Miete für die neue Wohnung?"

    def drawn(seed: int) -> list[str]:
        vary = Variation(random.Random(seed), synonyms, {"wohnung", "jobcenter"})
        return [vary.of(question) for _ in range(200)]

    assert drawn(3) == drawn(3)
    assert len(set(drawn(3))) > 100
    kept = [len(set(text.lower().split()) & set(question.lower().rstrip("?").split())) for text in drawn(3)]
    assert sum(kept) / len(kept) > 5


def test_no_labelled_question_is_among_what_the_encoder_learns():
    """A few are there by chance, written by different people; the evaluation leaves those out."""
    articles, elsewhere = themes("musterkreis")
    learned = {question for theme in (*articles, *elsewhere) for question in theme.questions}
    for name in ("development", "test"):
        rows = load_rows(ROOT / "evaluation" / f"{name}.jsonl")
        shared = [row for row in rows if row.question in learned]
        assert len(shared) <= 0.02 * len(rows)


def test_a_law_in_markdown_gives_its_headings_and_sentences(tmp_path):
    law = "% Titel\n\n# § 1 – Aufgabe der Hilfe\n\n(1) Die Hilfe dient den Menschen im Land.\n\n# § 2 – (weggefallen)\n"
    (tmp_path / "GESETZ-1.md").write_text(law, encoding="utf-8")
    assert law_themes(tmp_path) == [Theme(("Aufgabe der Hilfe",), ("(1) Die Hilfe dient den Menschen im Land.",))]


def test_fitting_on_the_development_set_gives_weights_that_all_count(library):
    rows = load_rows(ROOT / "evaluation" / "development.jsonl")
    calibration = fit(library.engine.calibrated(Calibration.unfitted()), rows)
    carrying = {name: weight for name, weight in calibration.fusion_weights.items() if name != "facet"}
    assert min(carrying.values()) > 0.05, "words and meaning both carry the score"
    assert calibration.fusion_weights["facet"] > 0, "what is asked about a topic decides between its articles"
    assert 0.5 <= calibration.answer_from < 1
    assert calibration.first.weights["elsewhere_meaning"] < 0 < calibration.first.weights["question_meaning"]


def test_another_encoder_without_a_calibration_of_its_own_can_be_named(tmp_path):
    model = train(small_themes(), [], [], {}, seed=1, steps=5, dimension=16, vocabulary=400)
    model.save(str(tmp_path / "anderer"), create_model_card=False)
    library = Library.load(ROOT, tenant="musterkreis", today=EVALUATION_DAY, encoder=tmp_path / "anderer")
    assert library.engine.ids(library.engine.rank("Wie lege ich Widerspruch ein?"))[0] == "widerspruch"
