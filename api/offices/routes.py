"""Calls about the office: which site and team is responsible, and which form is meant."""

from typing import Annotated

from fastapi import APIRouter, Query

from api import clock
from api.dependencies import TenantDependency
from api.languages.catalog import GERMAN
from api.offices import service
from api.offices.schemas import FormsOut, OfficesOut

router = APIRouter(tags=["Zuständigkeit"])

Said = Annotated[str | None, Query(max_length=1000)]
Language = Annotated[str, Query(max_length=12)]


@router.get("/offices")
def find_office(
    tenant: TenantDependency, place: Said = None, topic: Said = None, language: Language = GERMAN
) -> OfficesOut:
    """The site responsible for a place, the team for a concern, and the ways of their own (under 25, debts …).

    `place`: a postcode, town, quarter or site id; `topic`: the id of a way, service, team or topic. Both may be a
    citizen's own sentence, misspelt too. Without `topic` all ways of the municipality come back. A team is named, never
    a person's own number. A place of another job centre has `ours: false` and no site.
    """
    return service.find(tenant, place=place, topic=topic, now=clock.now(), language=language)


@router.get("/forms")
def list_forms(
    tenant: TenantDependency,
    wanted: Annotated[str | None, Query(alias="q", max_length=1000)] = None,
    language: Language = GERMAN,
) -> FormsOut:
    """The form that `q` means (an id or a citizen's own words), up to three equally likely ones, or the whole list."""
    return service.forms(tenant, wanted, language)
