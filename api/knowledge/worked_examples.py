"""The worked example over HTTP: figures in, steps with their sources out. Nothing of it is stored or logged."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal, Self

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from api import clock
from api.dependencies import TenantDependency, library_of
from api.knowledge.schemas import CitationOut, NextStepOut
from api.languages.catalog import locale_of, translated
from api.problems import Problem
from knowledge.amounts import Quantity
from knowledge.articles import NextStep
from knowledge.library import Library
from knowledge.worked_example import (
    Child,
    Earnings,
    Example,
    Facts,
    Household,
    MissingAmount,
    Section,
    WrongFigures,
    calculate,
    euros,
)

router = APIRouter(prefix="/knowledge", tags=["Wissen"])

Money = Annotated[Decimal, Field(ge=0, le=100_000, decimal_places=2)]
SERVICE = "erstantrag"  # the service for a first application, where a municipality has one
APPLY, PAPERS, OTHER_HELP = "antrag-stellen", "unterlagen-erstantrag", ("wohngeld", "kinderzuschlag")


class _Figures(BaseModel):
    model_config = ConfigDict(extra="forbid")


class EarningsIn(_Figures):
    """An adult's wage in a month, before and after deductions. Left out or zero: no wage. `null`: not known."""

    gross: Money | None = Decimal(0)
    net: Money | None = Decimal(0)


class ChildIn(_Figures):
    """A child in the household; `income`: its own money in a month, without child benefit."""

    age: int = Field(ge=0, le=24)
    income: Money = Decimal(0)


class ExampleIn(_Figures):
    """The few figures of an example. `single_parent`: cares alone for the children. `rent`: with heating; `null`: not
    known. `other_income`: of the adults, without wage and child benefit."""

    adults: list[EarningsIn] = Field(default=[EarningsIn()], min_length=1, max_length=2)
    children: list[ChildIn] = Field(default=[], max_length=12)
    single_parent: bool = False
    rent: Money | None = Decimal(0)
    other_income: Money = Decimal(0)
    language: str = Field(default="de", pattern="^[a-z]{2}(-[a-z-]+)?$", max_length=12)

    def household(self) -> Household:
        """As the calculation takes it; raises WrongFigures."""
        return Household(
            adults=tuple(Earnings(adult.gross, adult.net) for adult in self.adults),
            children=tuple(Child(child.age, child.income) for child in self.children),
            single_parent=self.single_parent,
            rent=self.rent,
            other_income=self.other_income,
        )


class StepOut(BaseModel):
    """One line of the calculation. Items of a section add up to its sum (`is_sum`); what is taken off is negative."""

    id: str
    section: Section
    label: str
    amount: Decimal
    written: str
    is_sum: bool
    citation: CitationOut


class NoteOut(BaseModel):
    """What the figures do not say; `article` has more on it."""

    id: str
    text: str
    citation: CitationOut | None
    article: str | None


class ExampleOut(BaseModel):
    """An example for a month, no decision. `day`: the day whose amounts it uses."""

    decision: Literal[False] = False
    day: date
    total: Decimal
    written: str
    steps: list[StepOut]
    notes: list[NoteOut]
    next_steps: list[NextStepOut]

    @classmethod
    def of(cls, example: Example, library: Library, language: str) -> Self:
        """The example in a language, with the articles this municipality serves."""
        return cls(
            day=example.day,
            total=example.total,
            written=_written(example.total),
            steps=[
                StepOut(
                    id=step.id,
                    section=step.section,
                    label=_said(step.label, step.values, language),
                    amount=step.amount,
                    written=_written(step.amount),
                    is_sum=step.is_sum,
                    citation=CitationOut.of(step.citation),
                )
                for step in example.steps
            ],
            notes=[
                NoteOut(
                    id=note.id,
                    text=_said(note.text, note.values, language),
                    citation=CitationOut.of(note.citation) if note.citation else None,
                    article=note.article if note.article in library.articles else None,
                )
                for note in example.notes
            ],
            next_steps=[NextStepOut.of(step) for step in library.steps_in(_next_steps(example, library), language)],
        )


def _said(text: str, values: Mapping[str, object], language: str) -> str:
    """A German sentence in a language, its placeholders filled."""
    filled = {
        name: replace(value, language=locale_of(language)) if isinstance(value, Quantity) else value
        for name, value in values.items()
    }
    return translated(text, language).format(**filled)


def _written(amount: Decimal) -> str:
    return str(euros(amount)).replace("-", "−")


def _next_steps(example: Example, library: Library) -> list[NextStep]:
    """Applying comes first, also where nothing is left; other help beside it."""
    other_help = [id for id in OTHER_HELP if id in {note.article for note in example.notes}]
    ids = [APPLY, *other_help, PAPERS] if example.total else [*other_help, APPLY]
    steps = [NextStep("article", id, library.articles[id].title) for id in ids if id in library.articles]
    service = next((entry for entry in library.tenant.services if entry.id == SERVICE), None)
    return [NextStep("service", service.id, service.name), *steps] if service else steps


@router.post(
    "/worked-example",
    responses={409: {"description": "Für heute fehlt ein Betrag; es wird nichts gerechnet."}},
)
def worked_example(request: Request, tenant: TenantDependency, body: ExampleIn) -> ExampleOut:
    """What could be left with these figures, step by step, each with its source. An example, no decision.

    Nothing is stored. Where the table has no amount for today, the answer is a 409 problem instead of a sum.
    """
    library = library_of(request, tenant.id)
    try:
        found = calculate(body.household(), Facts.on(request.app.state.libraries.root, clock.today()))
    except MissingAmount as error:
        raise Problem(
            409,
            "amount-missing",
            "Für das heutige Datum fehlt mir ein Betrag. Deshalb rechne ich nichts aus.",
            title="Betrag fehlt",
            missing=str(error),
        ) from error
    except WrongFigures as error:
        raise Problem(422, "wrong-figures", str(error)) from error
    return ExampleOut.of(found, library, body.language)
