"""A worked example: what could be left with a person's own few figures, step by step, each step with its source.

It is no decision and stores nothing. Every rate and limit comes from the dated amounts; where one has no value for the
day, nothing is calculated (`MissingAmount`). What the law weighs in the single case stays out and is said in a note:
adequate rent, assets, further income and needs.

    found = calculate(Household(adults=(Earnings(gross=Decimal(1000), net=Decimal(800)),), rent=Decimal(450)), facts)

How it is calculated (SGB II): needs are added up (§§ 20 to 23); a child whose own money covers its needs is left out
(§ 7 Abs. 3 Nr. 4), the child benefit it does not need counts with the parent (§ 11 Abs. 1 Satz 5); from each adult's
own wage the allowances of § 11b Abs. 2 and 3 go off; sums are kept to the cent, half up (§ 41 Abs. 2).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict

from knowledge.amounts import CENT, Amount, AmountTable, Quantity, load_amounts, percent_of
from knowledge.errors import KnowledgeError
from knowledge.laws import Citation, Laws

Section = Literal["need", "income", "result"]

ZERO = Decimal(0)
NEED_STEPS = ((6, "stufe_6"), (14, "stufe_5"), (18, "stufe_4"), (25, "stufe_3"))  # §§ 20 Abs. 2, 23 Nr. 1 SGB II
OF_AGE = 18
CHILD_BEFORE = 25  # § 7 Abs. 3 Nr. 4 SGB II
SEVERAL = (2, 3)  # § 21 Abs. 3 Nr. 1 SGB II: two or three children


class MissingAmount(KnowledgeError):
    """An amount has no value for the day: then there is no example."""


class WrongFigures(KnowledgeError):
    """The figures contradict each other; the German sentence says how."""


@dataclass(frozen=True, slots=True)
class Earnings:
    """An adult's wage in a month. None: not known; no wage is zero."""

    gross: Decimal | None = ZERO
    net: Decimal | None = ZERO

    def __post_init__(self) -> None:
        if self.gross is not None and self.net is not None and self.net > self.gross:
            raise WrongFigures("Netto kann nicht mehr sein als brutto.")


@dataclass(frozen=True, slots=True)
class Child:
    """A child in the household. `income`: its own money without child benefit (maintenance, pension)."""

    age: int
    income: Decimal = ZERO

    def __post_init__(self) -> None:
        if not 0 <= self.age < CHILD_BEFORE:
            raise WrongFigures(f"Kinder ab {CHILD_BEFORE} Jahren rechnen für sich.")


@dataclass(frozen=True, slots=True)
class Household:
    """Who lives and pays together. `rent` with heating; None: not known. `other_income`: the adults', without wage."""

    adults: tuple[Earnings, ...] = (Earnings(),)
    children: tuple[Child, ...] = ()
    single_parent: bool = False
    rent: Decimal | None = ZERO
    other_income: Decimal = ZERO

    def __post_init__(self) -> None:
        if len(self.adults) not in (1, 2):
            raise WrongFigures("Die Rechnung gilt für eine erwachsene Person oder ein Paar.")
        if self.single_parent and len(self.adults) == 2:
            raise WrongFigures("Alleinerziehend ist nur, wer ohne Partner mit Kindern lebt.")

    @property
    def minor_child(self) -> bool:
        return any(child.age < OF_AGE for child in self.children)


@dataclass(frozen=True, slots=True)
class Step:
    """One line. Items of a section add up to its sum; what is taken off is negative."""

    id: str
    section: Section
    label: str  # German, with placeholders for `values`
    values: Mapping[str, object]
    amount: Decimal
    citation: Citation
    is_sum: bool = False


@dataclass(frozen=True, slots=True)
class Note:
    """What the figures do not say."""

    id: str
    text: str
    values: Mapping[str, object] = field(default_factory=dict)
    citation: Citation | None = None
    article: str | None = None


@dataclass(frozen=True, slots=True)
class Example:
    """The whole calculation; `total` is what is left for a month."""

    day: date
    steps: tuple[Step, ...]
    total: Decimal
    notes: tuple[Note, ...]


# ---- what it is calculated from


class _Words(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    source: str | None = None
    article: str | None = None


class _StepWords(_Words):
    label: str


class _NoteWords(_Words):
    text: str


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    steps: dict[str, _StepWords]
    notes: dict[str, _NoteWords]


@lru_cache(maxsize=1)
def words() -> _File:
    """The labels and notes (worked_example.yml)."""
    written = Path(__file__).with_suffix(".yml").read_text(encoding="utf-8")
    return _File.model_validate(yaml.safe_load(written))


@dataclass(frozen=True, slots=True)
class Facts:
    """The amounts of a day and the laws they come from."""

    groups: Mapping[str, Mapping[str, Amount]]
    laws: Laws
    day: date

    @classmethod
    def on(cls, root: Path, day: date) -> Facts:
        groups, laws = _read(root)
        return cls(groups, laws, day)

    def amount(self, name: str) -> Quantity:
        group, key = name.split(".")
        try:
            return AmountTable(self.groups, self.day)[group][key]
        except KnowledgeError as error:
            raise MissingAmount(str(error)) from error

    def source(self, name: str) -> str:
        group, key = name.split(".")
        return self.groups[group][key].source


@lru_cache(maxsize=4)
def _read(root: Path) -> tuple[dict[str, dict[str, Amount]], Laws]:
    groups, _ = load_amounts(root)
    return groups, Laws.load(root)


# ---- the parts


def cents(amount: Decimal) -> Decimal:
    """Two decimals, half up (§ 41 Abs. 2 SGB II)."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def euros(amount: Decimal) -> Quantity:
    """A sum of money, to be written in German."""
    return Quantity(cents(amount), "euro")


@dataclass(frozen=True, slots=True)
class Band:
    """A part of the wage of which a share stays free."""

    lower: Quantity
    upper: Quantity
    rate: Quantity
    source: str

    def of(self, gross: Decimal) -> Decimal:
        part = max(ZERO, min(gross, self.upper.value) - self.lower.value)
        return percent_of(self.rate, Quantity(part, "euro")).value


def bands(facts: Facts, *, minor_child: bool) -> tuple[Band, ...]:
    """The bands of § 11b Abs. 3 SGB II; with a minor child the last one reaches further (Satz 3)."""
    edges = ("grundbetrag", "stufe_1_bis", "stufe_2_bis", "stufe_3_bis_mit_kind" if minor_child else "stufe_3_bis")
    rates = ("stufe_1_satz", "stufe_2_satz", "stufe_3_satz")
    return tuple(
        Band(
            lower=facts.amount(f"einkommen.{edges[number]}"),
            upper=facts.amount(f"einkommen.{edges[number + 1]}"),
            rate=facts.amount(f"einkommen.{rate}"),
            source=facts.source(f"einkommen.{edges[3]}" if number == 2 else f"einkommen.{rate}"),
        )
        for number, rate in enumerate(rates)
    )


def allowance(gross: Decimal, facts: Facts, *, minor_child: bool) -> Decimal:
    """What stays free of a wage: § 11b Abs. 2 Satz 1 and Abs. 3 SGB II."""
    basic = min(gross, facts.amount("einkommen.grundbetrag").value)
    return basic + sum((band.of(gross) for band in bands(facts, minor_child=minor_child)), ZERO)


def need_step(age: int) -> str:
    """The amount for a child of an age: `stufe_6` before the sixth birthday."""
    return next(step for before, step in NEED_STEPS if age < before)


def single_parent_rate(ages: Sequence[int], facts: Facts) -> tuple[Decimal, str]:
    """The percentage of § 21 Abs. 3 SGB II for children of these ages and its source; zero without a minor child."""
    minors = [age for age in ages if age < OF_AGE]
    small = facts.amount("mehrbedarf.alleinerziehend_alter_ein_kind").value
    school = facts.amount("mehrbedarf.alleinerziehend_alter_mehrere_kinder").value
    first = any(age < small for age in minors) or sum(age < school for age in minors) in SEVERAL
    each = facts.amount("mehrbedarf.alleinerziehend_je_kind").value * len(minors)
    capped = min(each, facts.amount("mehrbedarf.alleinerziehend_hoechstens").value)
    at_once = facts.amount("mehrbedarf.alleinerziehend_kleines_kind").value if first else ZERO
    by_number = capped > at_once
    key = "alleinerziehend_je_kind" if by_number else "alleinerziehend_kleines_kind"
    return max(capped, at_once), facts.source(f"mehrbedarf.{key}")


# ---- the calculation


class _Calculation:
    """Collects steps and notes in the order in which they are read."""

    def __init__(self, household: Household, facts: Facts) -> None:
        self.household, self.facts = household, facts
        self.steps: list[Step] = []
        self.notes: list[Note] = []

    def run(self) -> Example:
        house = self.household
        benefit = self.facts.amount("einkommen.kindergeld").value if house.children else ZERO
        shares = self._rent_shares()
        needs = [self._child_need(child) + share for child, share in zip(house.children, shares, strict=True)]
        covered = [child.income + benefit >= need > ZERO for child, need in zip(house.children, needs, strict=True)]
        need = self._needs(shares, covered)
        income = self._income(benefit, needs, covered)
        claim = max(ZERO, need - income)
        self._add("claim", "result", claim, is_sum=True)
        total = claim + self._supplement(claim, benefit, needs, covered)
        self._add("total", "result", total, is_sum=True)
        self._explain(total=total, claim=claim, gap=income - need, benefit=benefit, covered=any(covered))
        return Example(self.facts.day, tuple(self.steps), total, tuple(self.notes))

    def _child_need(self, child: Child) -> Decimal:
        return self.facts.amount(f"regelbedarf.{need_step(child.age)}").value

    def _rent_shares(self) -> list[Decimal]:
        """Each child's part of the rent, by heads."""
        house = self.household
        heads = len(house.adults) + len(house.children)
        return [cents((house.rent or ZERO) / heads)] * len(house.children)

    def _needs(self, shares: list[Decimal], covered: list[bool]) -> Decimal:
        house, facts = self.household, self.facts
        name = "regelbedarf.stufe_1" if len(house.adults) == 1 else "regelbedarf.stufe_2"
        own = facts.amount(name)
        step = "need_single" if len(house.adults) == 1 else "need_couple"
        self._add(step, "need", own.value * len(house.adults), source=facts.source(name), each=own)
        if house.single_parent:
            self._add_single_parent(own)
        for child, out in zip(house.children, covered, strict=True):
            if not out:
                name = f"regelbedarf.{need_step(child.age)}"
                need = facts.amount(name).value
                self._add("need_child", "need", need, source=facts.source(name), age=child.age)
        if house.rent:
            self._add("need_rent", "need", cents(house.rent))
            share = sum((share for share, out in zip(shares, covered, strict=True) if out), ZERO)
            if share:
                self._add("need_rent_share", "need", -share)
        return self._sum("need_total", "need")

    def _add_single_parent(self, own: Quantity) -> None:
        value, source = single_parent_rate([child.age for child in self.household.children], self.facts)
        if value:
            rate = Quantity(value, "percent")
            self._add("need_single_parent", "need", percent_of(rate, own).value, source=source, rate=rate)

    def _income(self, benefit: Decimal, needs: list[Decimal], covered: list[bool]) -> Decimal:
        house = self.household
        for adult in house.adults:
            self._wage(adult)
        inside = [child for child, out in zip(house.children, covered, strict=True) if not out]
        if inside:
            self._add("income_child_benefit", "income", benefit * len(inside), count=len(inside))
        for child in inside:
            if child.income:
                self._add("income_child", "income", cents(child.income), age=child.age)
        rest = ZERO  # only child benefit comes back to the parent, nothing else of the child's
        for child, need, out in zip(house.children, needs, covered, strict=True):
            if out:
                rest += benefit - max(ZERO, need - child.income)
        if rest:
            self._add("income_child_benefit_rest", "income", cents(rest))
        if house.other_income:
            self._add("income_other", "income", cents(house.other_income))
        return self._sum("income_total", "income")

    def _wage(self, adult: Earnings) -> None:
        known = adult.gross if adult.gross is not None else adult.net
        if not known:
            return
        gross, left = known, cents(adult.net if adult.net is not None else known)
        self._add("income_net", "income", left)
        facts = self.facts
        basic = min(facts.amount("einkommen.grundbetrag").value, left)
        self._add("allowance_basic", "income", -basic, source=facts.source("einkommen.grundbetrag"))
        left -= basic
        for band in bands(facts, minor_child=self.household.minor_child):
            taken = min(band.of(gross), left)  # a wage is never counted as less than nothing
            if taken:
                self._add(
                    "allowance_band", "income", -taken,
                    source=band.source, rate=band.rate, lower=band.lower, upper=band.upper,
                )  # fmt: skip
            left -= taken

    def _supplement(self, claim: Decimal, benefit: Decimal, needs: list[Decimal], covered: list[bool]) -> Decimal:
        """§ 72 Abs. 1 SGB II: for children with a claim, and for those who have none only because of child benefit."""
        house = self.household
        if not claim or not house.children:
            return ZERO
        count = sum(
            not out or child.income < need for child, need, out in zip(house.children, needs, covered, strict=True)
        )
        name = "regelbedarf.sofortzuschlag"
        amount = self.facts.amount(name).value * count
        if amount:
            self._add("supplement", "result", amount, source=self.facts.source(name), count=count)
        return amount

    def _explain(self, *, total: Decimal, claim: Decimal, gap: Decimal, benefit: Decimal, covered: bool) -> None:
        house, facts = self.household, self.facts
        wages = [adult for adult in house.adults if adult.gross or adult.net]
        self._note("decision")
        if not total:
            self._note("nothing_left")
        self._note("costs_nothing")
        if not total or wages:
            self._note("housing_benefit")
            if house.children:
                self._note("child_supplement")
        if not claim and house.children and gap < benefit * len(house.children):
            self._note("supplement_possible")
        if any(adult.gross is None and adult.net is None for adult in house.adults):
            self._note("earnings_unknown")
        if any(adult.gross and adult.net is None for adult in house.adults):
            self._note("net_unknown")
        if any(adult.net and adult.gross is None for adult in house.adults):
            self._note("gross_unknown")
        if house.rent is None:
            self._note("rent_unknown")
        elif house.rent:
            self._note("rent", period=facts.amount("wohnen.karenzzeit"))
        self._note("assets")
        self._note("more_income")
        limit = facts.amount("einkommen.nachweis_ab")
        if any((adult.gross or adult.net or ZERO) > limit.value for adult in wages):
            self._note("expenses", limit=limit)
        if house.other_income:
            self._note("other_deductions")
        if wages and not house.minor_child:
            self._note("child_elsewhere")
        if house.children:
            self._note("child_benefit", each=euros(benefit))
        if covered:
            self._note("child_covered")
        if wages:
            self._note("apprentices")
        self._note("more_needs")
        if len(house.adults) == 1 and not house.children:
            self._note("with_parents")

    # --- writing it down

    def _add(
        self, id: str, section: Section, amount: Decimal, *, source: str = "", is_sum: bool = False, **values: object
    ) -> None:
        entry = words().steps[id]
        citation = self.facts.laws.citation(source or entry.source or "")
        self.steps.append(Step(id, section, entry.label, values, cents(amount), citation, is_sum))

    def _sum(self, id: str, section: Section) -> Decimal:
        whole = sum((step.amount for step in self.steps if step.section == section), ZERO)
        self._add(id, section, whole, is_sum=True)
        return whole

    def _note(self, id: str, **values: object) -> None:
        entry = words().notes[id]
        citation = self.facts.laws.citation(entry.source) if entry.source else None
        self.notes.append(Note(id, entry.text, values, citation, entry.article))


def calculate(household: Household, facts: Facts) -> Example:
    """The example for a household; raises MissingAmount where the table has no value for the day."""
    return _Calculation(household, facts).run()
