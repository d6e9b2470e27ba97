"""What the calls about the responsible office and about forms answer."""

from typing import Literal

from pydantic import BaseModel

from api.appointments.schemas import LocalMoment, SiteOut
from knowledge.tenants import RouteKind


class PlaceOut(BaseModel):
    """The place that was understood. `ours`: whether it belongs to this job centre."""

    name: str
    ours: bool


class OfficeSiteOut(SiteOut):
    """A site and how it stands now. `hours`: the week; `occasion`: the holiday or closure that keeps it shut today."""

    open_now: bool
    closes_at: LocalMoment | None
    next_opening: LocalMoment | None
    occasion: str | None
    map_url: str | None


class TeamOut(BaseModel):
    """A team, never a person. `site`: where people of the place meet it; None until the place is known."""

    id: str
    name: str
    about: str
    site: str | None


class RouteOut(BaseModel):
    """A way of its own: a team at a site, or another office with its own number, times and address."""

    id: str
    kind: RouteKind
    name: str
    about: str
    team: str | None
    site: OfficeSiteOut | None
    phone: str | None
    email: str | None
    times: str
    address: str
    url: str | None
    service: str | None
    article: str | None


class OfficesOut(BaseModel):
    """Who is responsible. `site` is the one for the place, `team` the one for the concern (named in `concern`).

    `needs_place`: the way that was found differs from site to site, so the place is still to be asked for. `article`
    explains who is responsible where the place belongs to another job centre.
    """

    place: PlaceOut | None
    site: OfficeSiteOut | None
    team: TeamOut | None
    concern: str | None
    service: str | None
    teams: list[TeamOut]
    routes: list[RouteOut]
    needs_place: bool
    article: str | None


class FormOut(BaseModel):
    """A form to print; `online` is the same application to fill in, where the municipality offers it."""

    id: str
    name: str
    url: str
    online: str | None


class FormsOut(BaseModel):
    """`one`: the form that was meant; `several`: equally likely ones; `all`: the list, where nothing was recognised."""

    decision: Literal["one", "several", "all"]
    forms: list[FormOut]
