"""Amounts: every sum, rate and period stands once, with the dates between which it holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Literal

import yaml
from babel.numbers import format_decimal
from babel.units import format_unit
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from knowledge.errors import KnowledgeError, describe_validation

# The loader in C reads a file in a tenth of the time; both are safe loaders.
_SAFE_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Unit = Literal["euro", "percent", "days", "weeks", "months", "years", "square_metres", "hours"]

# singular, plural, plural after "nach", "von", "mit" (dative)
UNIT_WORDS: dict[Unit, tuple[str, str, str]] = {
    "euro": ("Euro", "Euro", "Euro"),
    "percent": ("Prozent", "Prozent", "Prozent"),
    "days": ("Tag", "Tage", "Tagen"),
    "weeks": ("Woche", "Wochen", "Wochen"),
    "months": ("Monat", "Monate", "Monaten"),
    "years": ("Jahr", "Jahre", "Jahren"),
    "square_metres": ("Quadratmeter", "Quadratmeter", "Quadratmetern"),
    "hours": ("Stunde", "Stunden", "Stunden"),
}
CENT = Decimal("0.01")


# Units that a translation says in its own words; money, percent and the way numbers are written stay as in German.
_SAID_IN_EVERY_LANGUAGE: dict[Unit, str] = {
    "days": "duration-day",
    "weeks": "duration-week",
    "months": "duration-month",
    "years": "duration-year",
    "square_metres": "area-square-meter",
    "hours": "duration-hour",
}


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with its unit, written in German: `563 Euro`, `12,50 Euro`, `1 Monat`, `140 Quadratmeter`.

    `language` other than German writes the unit in that language (CLDR's words): `6 months`, `6 месяцев`.
    """

    value: Decimal
    unit: Unit
    language: str = "de"

    def __str__(self) -> str:
        if self.language != "de":
            return self._translated()
        singular, plural, _ = UNIT_WORDS[self.unit]
        return f"{self.number} {singular if self.value == 1 else plural}"

    @property
    def number(self) -> str:
        cents = self.unit == "euro" and self.value != self.value.to_integral_value()
        return str(format_decimal(self.value, format="#,##0.00" if cents else "#,##0.###", locale="de_DE"))

    def _translated(self) -> str:
        if self.unit == "euro":
            return f"{self.number} Euro"
        if self.unit == "percent":
            return f"{self.number} %"
        return str(format_unit(self.value, _SAID_IN_EVERY_LANGUAGE[self.unit], "long", locale=self.language))

    @property
    def dative(self) -> str:
        if self.language != "de":
            return self._translated()
        singular, _, dative = UNIT_WORDS[self.unit]
        return f"{self.number} {singular if self.value == 1 else dative}"


class DatedValue(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    first: date = Field(alias="from")
    last: date | None = Field(alias="to")
    value: Decimal = Field(ge=0)

    def covers(self, day: date) -> bool:
        return self.first <= day and (self.last is None or day <= self.last)


class Amount(BaseModel):
    """One named amount and the values it has had and will have."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str
    unit: Unit
    source: str
    values: list[DatedValue] = Field(min_length=1)

    @model_validator(mode="after")
    def _values_do_not_overlap(self) -> Amount:
        ordered = sorted(self.values, key=lambda value: value.first)
        for value in ordered:
            if value.last is not None and value.last < value.first:
                raise ValueError(f"das Ende {value.last} liegt vor dem Anfang {value.first}")
        for earlier, later in zip(ordered, ordered[1:], strict=False):
            if earlier.last is None or earlier.last >= later.first:
                raise ValueError(f"die Werte ab {earlier.first} und ab {later.first} überschneiden sich")
        return self

    def on(self, day: date) -> Quantity | None:
        return next((Quantity(entry.value, self.unit) for entry in self.values if entry.covers(day)), None)


_GROUP = TypeAdapter(dict[str, Amount])


class AmountGroup:
    """What `amounts.<group>` is in an article: access by name, with a German sentence where there is no value."""

    __slots__ = ("_amounts", "_day", "_language", "_name")

    def __init__(self, name: str, amounts: Mapping[str, Amount] | None, day: date, language: str) -> None:
        self._name, self._amounts, self._day, self._language = name, amounts, day, language

    def __getitem__(self, key: str) -> Quantity:
        if self._amounts is None or key not in self._amounts:
            raise KnowledgeError(f"Den Betrag „{self._name}.{key}“ gibt es nicht.")
        quantity = self._amounts[key].on(self._day)
        if quantity is None:
            title = self._amounts[key].title
            raise KnowledgeError(
                f"Der Betrag „{title}“ ({self._name}.{key}) hat keinen Wert für den {self._day:%d.%m.%Y}."
            )
        return replace(quantity, language=self._language)


class AmountTable:
    """All amounts as they stand on one day; `amounts` in an article. `language`: the language of the article."""

    __slots__ = ("_day", "_groups", "_language")

    def __init__(self, groups: Mapping[str, Mapping[str, Amount]], day: date, language: str = "de") -> None:
        self._groups, self._day, self._language = groups, day, language

    def __getitem__(self, name: str) -> AmountGroup:
        return AmountGroup(name, self._groups.get(name), self._day, self._language)


def percent_of(rate: Quantity, whole: Quantity) -> Quantity:
    """A rate of a sum of money, rounded half up to the cent."""
    if rate.unit != "percent" or whole.unit != "euro":
        raise KnowledgeError("percent_of braucht einen Prozentsatz und einen Euro-Betrag.")
    return Quantity((rate.value * whole.value / 100).quantize(CENT, ROUND_HALF_UP), "euro", whole.language)


def load_amounts(root: Path) -> tuple[dict[str, dict[str, Amount]], dict[str, str]]:
    """All groups under `<root>/amounts`, and for each file that cannot be used the reason."""
    groups: dict[str, dict[str, Amount]] = {}
    problems: dict[str, str] = {}
    for path in sorted((root / "amounts").glob("*.yml")):
        try:
            groups[path.stem] = _GROUP.validate_python(yaml.load(path.read_bytes(), Loader=_SAFE_LOADER) or {})  # noqa: S506
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            problems[f"amounts/{path.name}"] = f"nicht lesbar ({_one_line(error)})"
        except ValidationError as error:
            problems[f"amounts/{path.name}"] = describe_validation(error)
    return groups, problems


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
