"""The worked example: figures calculated by hand, the limits the law names, and what must hold for any figures."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge import ROOT
from knowledge.articles import load_content
from knowledge.worked_example import (
    Child,
    Earnings,
    Example,
    Facts,
    Household,
    MissingAmount,
    WrongFigures,
    allowance,
    calculate,
    words,
)

FACTS = Facts.on(ROOT, date(2026, 11, 21))


def wage(gross: str | None, net: str | None) -> Earnings:
    return Earnings(None if gross is None else Decimal(gross), None if net is None else Decimal(net))


def example(*wages: Earnings, children: tuple[Any, ...] = (), **more: Any) -> Example:
    """`children`: ages, or pairs of age and own income."""
    made = tuple(Child(entry) if isinstance(entry, int) else Child(entry[0], Decimal(entry[1])) for entry in children)
    money = {key: Decimal(value) if isinstance(value, str) else value for key, value in more.items()}
    return calculate(Household(adults=wages or (Earnings(),), children=made, **money), FACTS)


# --- § 11b Abs. 2 Satz 1 and Abs. 3 SGB II: 100 Euro; 20 % over 100 to 520; 30 % over 520 to 1 000; 10 % over 1 000 to
# 1 200, with a minor child to 1 500


@pytest.mark.parametrize(
    ("gross", "without", "with_child"),
    [
        ("0", "0", "0"),
        ("0.01", "0.01", "0.01"),
        ("99.99", "99.99", "99.99"),
        ("100", "100", "100"),
        ("100.02", "100.00", "100.00"),  # 0.4 cents are rounded down
        ("100.03", "100.01", "100.01"),  # 0.6 cents up
        ("200", "120", "120"),
        ("450", "170", "170"),
        ("520", "184", "184"),
        ("520.01", "184.00", "184.00"),
        ("520.05", "184.02", "184.02"),  # 1.5 cents: half up
        ("556", "194.80", "194.80"),
        ("603", "208.90", "208.90"),
        ("1000", "328", "328"),
        ("1000.01", "328.00", "328.00"),
        ("1000.05", "328.01", "328.01"),
        ("1100", "338", "338"),
        ("1200", "348", "348"),
        ("1200.10", "348", "348.01"),
        ("1350", "348", "363"),
        ("1500", "348", "378"),
        ("1500.01", "348", "378"),
        ("4000", "348", "378"),
    ],
)
def test_the_allowance_keeps_the_limits_of_the_law(gross: str, without: str, with_child: str) -> None:
    assert allowance(Decimal(gross), FACTS, minor_child=False) == Decimal(without)
    assert allowance(Decimal(gross), FACTS, minor_child=True) == Decimal(with_child)


# --- whole households, calculated by hand with the amounts of 2026:
# 563, 506 (each), 451, 471, 390, 357 Euro; child benefit 259 Euro; supplement 25 Euro


@pytest.mark.parametrize(
    ("wages", "more", "total"),
    [
        # one adult
        ([], {}, "563"),
        ([], {"rent": "450"}, "1013"),
        ([], {"rent": "431.37"}, "994.37"),
        ([wage("556", "556")], {"rent": "450"}, "651.80"),  # 1013 - (556 - 194.80)
        ([wage("1000", "800")], {"rent": "500"}, "591"),  # 1063 - (800 - 328)
        ([wage("1234.56", "987.65")], {"rent": "500.50"}, "423.85"),  # 1063.50 - (987.65 - 348)
        ([wage("2000", "1500")], {"rent": "500"}, "0"),  # 1500 - 348 = 1152 are more than 1063
        ([wage("80", "80")], {}, "563"),  # under 100 nothing counts
        ([wage("600", "150")], {}, "563"),  # the allowance is never more than the wage
        ([], {"other_income": "300"}, "263"),  # no allowance without work
        ([wage("100", "100")], {"other_income": "300"}, "263"),
        ([wage("80", "80")], {"other_income": "300"}, "263"),  # what is left of the allowance frees no other income
        ([wage("1000", None)], {"rent": "500"}, "391"),  # 1063 - (1000 - 328)
        ([wage(None, "800")], {"rent": "500"}, "531"),  # allowance of 800: 100 + 84 + 84
        ([wage(None, None)], {"rent": "500"}, "1063"),
        ([], {"rent": None}, "563"),
        # couples: each has an allowance of their own
        ([Earnings(), Earnings()], {"rent": "600"}, "1612"),
        ([wage("1000", "800"), wage("1000", "800")], {"rent": "600"}, "668"),  # 1612 - 2 * 472
        ([wage("2000", "1500"), Earnings()], {"rent": "600"}, "460"),  # 1612 - 1152
        ([wage("556", "556"), wage("1200", "950")], {"rent": "600"}, "648.80"),  # 1612 - 361.20 - 602
        # families: need 2559, wage 1250 - 378, child benefit 518, supplement 50
        ([wage("1500", "1250"), Earnings()], {"children": (3, 8), "rent": "800"}, "1219"),
        ([wage("1500", "1200"), Earnings()], {"children": (19,)}, "377"),  # no minor child: 1204 - (1200 - 348) + 25
        # one adult with children, without and with the additional need of single parents
        ([], {"children": (4,)}, "686"),  # 563 + 357 - 259 + 25
        ([], {"children": (6,), "single_parent": True, "rent": "500"}, "1421.68"),  # 36 %: 202.68
        ([], {"children": (7,), "single_parent": True, "rent": "500"}, "1286.56"),  # 12 %: 67.56
        ([], {"children": (8, 15), "single_parent": True}, "1158.68"),  # both under 16: 36 %
        ([], {"children": (8, 16), "single_parent": True}, "1091.12"),  # 2 * 12 %: 135.12
        ([], {"children": (5, 17), "single_parent": True}, "1125.68"),  # one under 7: 36 %
        ([], {"children": (16, 17, 17), "single_parent": True}, "1476.68"),  # 3 * 12 %: 202.68
        ([], {"children": (1, 5, 9, 13), "single_parent": True}, "1391.24"),  # 4 * 12 %: 270.24
        ([], {"children": (1, 2, 3, 4, 5, 6), "single_parent": True}, "1671.80"),  # at most 60 %: 337.80
        ([], {"children": (18,), "single_parent": True}, "780"),  # no minor: 563 + 451 - 259 + 25
        # children's own money: need of the child 390 + half of 600 = 690
        ([], {"children": ((10, "300"),), "single_parent": True, "rent": "600"}, "1086.56"),
        ([], {"children": ((10, "430"),), "single_parent": True, "rent": "600"}, "956.56"),  # one euro is missing
        ([], {"children": ((10, "431"),), "single_parent": True, "rent": "600"}, "955.56"),  # just covered
        ([], {"children": ((10, "500"),), "single_parent": True, "rent": "600"}, "886.56"),  # 69 of child benefit left
        ([], {"children": ((10, "700"),), "single_parent": True, "rent": "600"}, "671.56"),  # 259 left, no supplement
        # a third of 1000 is 333.33
        ([Earnings(), Earnings()], {"children": ((3, "400"),), "rent": "1000"}, "1735"),
        ([Earnings(), Earnings()], {"children": ((3, "500"),), "rent": "1000"}, "1635"),
    ],
)
def test_a_household_gets_what_was_calculated_by_hand(wages: list[Earnings], more: dict[str, Any], total: str) -> None:
    assert example(*wages, **more).total == Decimal(total)


@pytest.mark.parametrize(
    ("age", "need"),
    [(0, 357), (5, 357), (6, 390), (13, 390), (14, 471), (15, 471), (17, 471), (18, 451), (24, 451)],
)
def test_a_child_has_the_amount_of_its_age(age: int, need: int) -> None:
    steps = {step.id: step for step in example(children=(age,)).steps}
    assert steps["need_child"].amount == need


def test_single_parents_get_their_additional_need_only_where_it_was_said() -> None:
    assert "need_single_parent" not in [step.id for step in example(children=(4,)).steps]
    assert "need_single_parent" in [step.id for step in example(children=(4,), single_parent=True).steps]


# --- what is said beside the figures


def notes(found: Example) -> set[str]:
    return {note.id for note in found.notes}


def test_no_example_is_a_decision_or_a_reason_not_to_apply() -> None:
    rich = example(wage("5000", "3500"), children=(4,), rent="600")
    assert rich.total == 0
    assert {"decision", "nothing_left", "costs_nothing", "housing_benefit", "child_supplement"} <= notes(rich)
    assert {"decision", "costs_nothing", "assets", "more_income", "rent"} <= notes(example(rent="500"))
    assert "nothing_left" not in notes(example())


def test_what_is_not_known_is_said() -> None:
    assert "rent_unknown" in notes(example(rent=None))
    assert "net_unknown" in notes(example(wage("1000", None)))
    assert "gross_unknown" in notes(example(wage(None, "800")))
    assert "earnings_unknown" in notes(example(wage(None, None)))
    assert "expenses" in notes(example(wage("400.01", "400")))
    assert "expenses" not in notes(example(wage("400", "400")))
    assert "other_deductions" in notes(example(other_income="200"))


def test_where_only_the_child_benefit_takes_the_claim_the_supplement_is_named() -> None:
    family = example(wage("2600", "2100"), Earnings(), children=(3, 8), rent="600")
    assert family.total == 119 + 50  # need 2359, wage 1722, child benefit 518
    richer = example(wage("2800", "2300"), Earnings(), children=(3, 8), rent="600")
    assert richer.total == 0
    assert "supplement_possible" in notes(richer)
    assert "supplement_possible" not in notes(example(wage("5000", "3500"), Earnings(), children=(3, 8), rent="600"))


def test_every_step_and_note_has_a_source_that_exists_and_names_an_article_that_is_served() -> None:
    articles = load_content(ROOT, tenant="musterkreis", today=FACTS.day).articles
    for entry in words().notes.values():
        assert entry.article is None or entry.article in articles
        assert entry.source is None or FACTS.laws.citation(entry.source)
        assert all(len(part.split()) <= 22 for part in entry.text.replace("?", ".").split(". "))
    found = example(wage("1400", "1100"), wage("500", "500"), children=(3, (9, "600")), rent="900", other_income="20")
    assert len({step.id for step in found.steps}) >= 12
    for step in found.steps:
        assert step.citation.url.startswith("https://www.gesetze-im-internet.de/")
        assert "{" not in step.label.format(**step.values)


# --- the day


def test_without_amounts_for_the_day_nothing_is_calculated() -> None:
    for day in (date(2027, 1, 1), date(2026, 6, 30)):
        with pytest.raises(MissingAmount, match="keinen Wert"):
            calculate(Household(children=(Child(3),)), Facts.on(ROOT, day))
    assert calculate(Household(), Facts.on(ROOT, date(2026, 12, 31))).total == 563


# --- figures that cannot be


def test_contradicting_figures_are_refused_with_a_sentence() -> None:
    with pytest.raises(WrongFigures, match="Netto"):
        wage("500", "600")
    with pytest.raises(WrongFigures, match="rechnen für sich"):
        Child(25)
    with pytest.raises(WrongFigures, match="Alleinerziehend"):
        Household(adults=(Earnings(), Earnings()), single_parent=True)


# --- whatever the figures are

MONEY = st.decimals(min_value=0, max_value=6000, places=2)


@st.composite
def earnings(draw: st.DrawFn) -> Earnings:
    gross = draw(MONEY)
    return Earnings(gross, draw(st.decimals(min_value=0, max_value=gross, places=2)))


@st.composite
def households(draw: st.DrawFn) -> Household:
    adults = tuple(draw(st.lists(earnings(), min_size=1, max_size=2)))
    children = draw(st.lists(st.builds(Child, st.integers(0, 24), MONEY), max_size=5))
    alone = len(adults) == 1 and draw(st.booleans())
    return Household(adults, tuple(children), alone, draw(MONEY), draw(MONEY))


@settings(max_examples=300, deadline=None)
@given(MONEY, MONEY, st.booleans())
def test_more_gross_never_means_less_allowance(one: Decimal, other: Decimal, minor_child: bool) -> None:
    less, more = sorted((one, other))
    free = allowance(less, FACTS, minor_child=minor_child)
    assert free <= allowance(more, FACTS, minor_child=minor_child)
    assert 0 <= free <= less


@settings(max_examples=200, deadline=None)
@given(households())
def test_the_steps_add_up_and_the_result_is_never_below_nothing(household: Household) -> None:
    found = calculate(household, FACTS)
    items = {
        section: sum(step.amount for step in found.steps if step.section == section and not step.is_sum)
        for section in ("need", "income", "result")
    }
    sums = {step.id: step.amount for step in found.steps if step.is_sum}
    assert items["need"] == sums["need_total"]
    assert items["income"] == sums["income_total"] >= 0
    assert sums["claim"] == max(0, items["need"] - items["income"])
    assert found.total == sums["total"] == sums["claim"] + items["result"] >= 0


@settings(max_examples=200, deadline=None)
@given(households(), MONEY)
def test_more_rent_never_means_less_and_more_income_never_means_more(household: Household, extra: Decimal) -> None:
    base = calculate(household, FACTS).total
    dearer = Household(household.adults, household.children, household.single_parent,
                       (household.rent or 0) + extra, household.other_income)  # fmt: skip
    richer = Household(household.adults, household.children, household.single_parent, household.rent,
                       household.other_income + extra)  # fmt: skip
    cent = Decimal("0.05")  # shares of the rent are rounded, one for each child
    assert calculate(dearer, FACTS).total >= base - cent
    assert calculate(richer, FACTS).total <= base
