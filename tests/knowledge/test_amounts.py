"""Amounts are written in German, follow the date, and stand once."""

from datetime import date
from decimal import Decimal

import pytest
from pydantic import ValidationError

from knowledge import ROOT
from knowledge.amounts import Amount, Quantity, load_amounts, percent_of
from knowledge.articles import load_content
from knowledge.errors import KnowledgeError


@pytest.mark.parametrize(
    ("value", "unit", "written"),
    [
        ("563", "euro", "563 Euro"),
        ("12.5", "euro", "12,50 Euro"),
        ("1234.5", "euro", "1.234,50 Euro"),
        ("40000", "euro", "40.000 Euro"),
        ("30", "percent", "30 Prozent"),
        ("2.3", "percent", "2,3 Prozent"),
        ("1", "months", "1 Monat"),
        ("3", "months", "3 Monate"),
        ("140", "square_metres", "140 Quadratmeter"),
        ("1", "days", "1 Tag"),
        ("0", "days", "0 Tage"),
    ],
)
def test_a_quantity_is_written_as_germans_write_it(value, unit, written):
    assert str(Quantity(Decimal(value), unit)) == written


def test_after_nach_and_von_periods_take_the_dative():
    assert Quantity(Decimal(3), "months").dative == "3 Monaten"
    assert Quantity(Decimal(1), "months").dative == "1 Monat"


@pytest.mark.parametrize(
    ("rate", "whole", "cents"), [("17", "563", "95.71"), ("2.5", "0.2", "0.01"), ("50", "0.01", "0.01")]
)
def test_a_rate_of_an_amount_is_rounded_half_up_to_the_cent(rate, whole, cents):
    assert percent_of(Quantity(Decimal(rate), "percent"), Quantity(Decimal(whole), "euro")).value == Decimal(cents)


def test_a_rate_of_something_else_than_money_is_refused():
    with pytest.raises(KnowledgeError):
        percent_of(Quantity(Decimal(17), "percent"), Quantity(Decimal(3), "months"))


def test_two_values_for_the_same_day_are_refused():
    values = [{"from": "2026-01-01", "to": None, "value": 1}, {"from": "2026-06-01", "to": None, "value": 2}]
    with pytest.raises(ValidationError, match="überschneiden"):
        Amount.model_validate({"title": "t", "unit": "euro", "source": "s", "values": values})


def test_every_amount_file_in_the_repository_can_be_read():
    groups, problems = load_amounts(ROOT)
    assert problems == {}
    assert groups["regelbedarf"]["stufe_1"].on(date(2026, 12, 31)) == Quantity(Decimal(563), "euro")


def test_on_new_years_day_articles_with_last_years_regelbedarf_are_withheld_with_the_reason():
    content = load_content(ROOT, tenant="musterkreis", today=date(2027, 1, 1))
    assert "regelbedarf-hoehe" not in content.articles
    assert "keinen Wert für den 01.01.2027" in content.withheld["regelbedarf-hoehe"]
    assert "widerspruch-frist" in content.articles, "an article without a yearly amount stays"


def test_next_years_amounts_are_one_edit(folder, write, load):
    write("satz", body="Es sind {{ amounts.regelbedarf.stufe_1 }}.")
    path = folder / "amounts" / "regelbedarf.yml"
    old = "- {from: 2026-01-01, to: 2026-12-31, value: 563}"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, f"{old}\n    - {{from: 2027-01-01, to: null, value: 570}}"), encoding="utf-8")
    assert load(date(2026, 12, 31)).articles["satz"].text == "Es sind 563 Euro."
    assert load(date(2027, 1, 1)).articles["satz"].text == "Es sind 570 Euro."


def test_a_broken_amount_file_takes_only_its_own_articles_down(folder, write, load):
    write("satz", body="Es sind {{ amounts.regelbedarf.stufe_1 }}.")
    write("text", body="Ganz ohne Betrag.")
    (folder / "amounts" / "regelbedarf.yml").write_text("stufe_1: [", encoding="utf-8")
    content = load()
    assert set(content.articles) == {"text"}
    assert "satz" in content.withheld
    assert "nicht lesbar" in content.problems["amounts/regelbedarf.yml"]
