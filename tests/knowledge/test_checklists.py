"""Checklists: data that fits the answers, cites what it claims and asks nobody for what is nobody's business."""

import re
from itertools import product

import pytest

from knowledge import ROOT
from knowledge.articles import Content
from knowledge.checklists.fitted import DIMENSIONS, Answers, Checklist, catalogue, fit
from knowledge.laws import Laws
from knowledge.tenants import load_tenants

LAWS = Laws.load(ROOT)
TENANTS = load_tenants(ROOT)
MUSTERKREIS = TENANTS["musterkreis"]
HOUSEHOLDS = (frozenset(), frozenset({"partner"}), frozenset({"children"}), frozenset({"partner", "children"}))


def fitted(**answers: object) -> Checklist:
    return fit(Answers(**answers), tenant=MUSTERKREIS, laws=LAWS)  # type: ignore[arg-type]


def ids(found: Checklist) -> set[str]:
    return {entry.id for entry in found.entries}


@pytest.mark.parametrize(
    ("answers", "there", "not_there"),
    [
        (
            {"occasion": "first", "household": frozenset(), "work": "none", "housing": "rent"},
            {"identity", "main-form", "rent-contract", "side-costs", "bank-statements", "assets", "health-insurance"},
            {"renewal-form", "wages", "business", "partner", "child-benefit", "own-home", "parents-income"},
        ),
        (
            {"occasion": "renewal", "household": frozenset({"partner"}), "work": "employed", "housing": "own"},
            {"renewal-form", "last-decision", "wages", "partner", "own-home-changed"},
            {"main-form", "assets", "rent-changed", "child-benefit", "business"},
        ),
        (
            {"occasion": "first", "household": frozenset({"children"}), "work": "self_employed", "housing": "parents"},
            {"business", "business-receipts", "child-benefit", "maintenance", "parents-income", "share-at-parents"},
            {"wages", "partner", "rent-contract", "own-home"},
        ),
    ],
)
def test_the_list_fits_the_answers(answers: dict[str, object], there: set[str], not_there: set[str]) -> None:
    found = fitted(**answers)
    assert there <= ids(found)
    assert not not_there & ids(found)


def test_not_knowing_gives_the_union_marked_with_its_conditions() -> None:
    everything = fitted()
    assert ids(everything) == {item.id for item in catalogue().items}
    by_id = {entry.id: entry for entry in everything.entries}
    assert by_id["rent-contract"].when == ("beim ersten Antrag", "falls Sie zur Miete wohnen")
    assert by_id["business"].when == ("falls Sie selbständig sind",)
    assert by_id["identity"].when == ()
    known = {entry.id: entry for entry in fitted(housing="rent").entries}
    assert known["rent-contract"].when == ("beim ersten Antrag",)


def test_every_combination_of_answers_has_a_list_of_its_own_that_can_be_shortened() -> None:
    occasions, works, housings = DIMENSIONS["occasion"], DIMENSIONS["work"], DIMENSIONS["housing"]
    for occasion, household, work, housing in product(occasions, HOUSEHOLDS, works, housings):
        found = fitted(occasion=occasion, household=household, work=work, housing=housing)
        assert 5 <= len(found.entries) <= 20
        short = found.most_needed(10)
        assert len(short.entries) == min(10, len(found.entries))
        assert {entry.id for entry in found.entries if entry.rank == 1 and not entry.when} <= ids(short)
        assert [entry for entry in found.entries if entry in short.entries] == list(short.entries)


def test_every_item_cites_what_exists_and_its_article_and_form_are_there(content: Content) -> None:
    forms = {form.id for form in MUSTERKREIS.forms}
    used = {value for item in catalogue().items for values in item.needs.values() for value in values}
    for item in catalogue().items:
        assert item.article in content.articles, item.id
        assert item.source is None or LAWS.citation(item.source), item.id
        assert item.source or item.article, item.id
        assert item.form is None or item.form in forms, item.id
        for sentence in re.split(r"(?<=[.:])\s+", f"{item.text}. {item.why}"):
            assert len(sentence.split()) <= 22, sentence
    assert used >= {"first", "renewal", "partner", "children", "employed", "self_employed", "rent", "own", "parents"}


def test_nobody_is_asked_for_an_illness_debts_or_origin() -> None:
    forbidden = re.compile(r"krank(?!enversicherung)|diagnos|attest|schuld|herkunft|religion|staatsang|vorstraf", re.I)
    for item in catalogue().items:
        assert not forbidden.search(f"{item.text} {item.when} {item.why}"), item.id
    assert not [name for name in DIMENSIONS if name not in ("occasion", "household", "work", "housing")]


def test_for_an_appointment_the_municipalitys_list_is_the_whole_list() -> None:
    found = fit(Answers(occasion="appointment"), tenant=MUSTERKREIS, laws=LAWS, service="leistungsberatung")
    assert [entry.text for entry in found.entries] == ["Ausweis oder Pass", "Ihren Bescheid"]
    assert list(found.groups.values()) == ["Beratung zu Bescheid und Geld"]
    unknown = fit(Answers(occasion="appointment"), tenant=MUSTERKREIS, laws=LAWS)
    assert [entry.id for entry in unknown.entries] == ["identity"]
