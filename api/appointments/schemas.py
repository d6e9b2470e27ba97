"""What goes in and out of the appointment calls."""

from datetime import UTC, datetime
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, AwareDatetime, BaseModel, Field, StringConstraints

from api.clock import local
from api.contact import contact
from api.languages.catalog import translated
from api.text import Cleaned, Line
from knowledge.tenants import Weekday


def _storable(moment: datetime) -> datetime:
    if not 2000 <= moment.year < 2200:
        raise ValueError("Bitte geben Sie einen gültigen Zeitpunkt an.")
    return moment.astimezone(UTC)


StartsAt = Annotated[AwareDatetime, AfterValidator(_storable)]
LocalMoment = Annotated[datetime, AfterValidator(local)]
Identifier = Annotated[str, Field(max_length=60)]
Contact = Annotated[Line, AfterValidator(contact)]


class OpeningOut(BaseModel):
    """One opening on one weekday."""

    weekday: Weekday
    opens: str
    closes: str


class SiteOut(BaseModel):
    """A place where appointments are held."""

    id: str
    name: str
    address: str
    postcode: str
    phone: str
    transport: str
    accessibility: str
    hours: list[OpeningOut]


class ServiceOut(BaseModel):
    """Something for which an appointment can be booked."""

    id: str
    name: str
    description: str
    duration_minutes: int
    sites: list[str]
    bring: list[str]

    def in_language(self, language: str, tenant: str) -> Self:
        """The same with its words in a language, as far as the tenant's catalog has them."""
        return self.model_copy(
            update={
                "name": translated(self.name, language, tenant),
                "description": translated(self.description, language, tenant),
                "bring": [translated(thing, language, tenant) for thing in self.bring],
            }
        )


class SlotOut(BaseModel):
    """A free time at a site."""

    starts_at: LocalMoment
    ends_at: LocalMoment
    site: str


class BookAppointment(BaseModel):
    """A booking. `contact` is an e-mail address or a telephone number."""

    tenant: Identifier | None = None
    service: Identifier
    site: Identifier
    starts_at: StartsAt
    name: Line
    contact: Contact
    concern: Annotated[str, Field(max_length=4000), Cleaned] | None = None
    language: Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z]{2,8})?$")] = "de"
    conversation: Annotated[str, Field(max_length=36)] | None = None


class MoveAppointment(BaseModel):
    """Another time, and another site where that is wished."""

    site: Identifier | None = None
    starts_at: StartsAt


class AppointmentOut(BaseModel):
    """An appointment as its holder sees it. The links are missing where the caller does not know the key."""

    id: str
    code: str
    status: Literal["booked", "cancelled"]
    sequence: int
    service: str
    service_name: str
    site: str
    site_name: str
    address: str
    starts_at: LocalMoment
    ends_at: LocalMoment
    name: str | None
    bring: list[str]
    manage_url: str | None
    ics_url: str | None


class AppointmentBooked(AppointmentOut):
    """A fresh booking with the key to it."""

    token: str
    # Four digits for the telephone, together with the surname; told once, at the booking.
    spoken_code: str | None


class FindAppointment(BaseModel):
    """The code that was said at the booking and the surname; the call or chat in which they are said."""

    conversation: Annotated[str, Field(max_length=36)]
    code: Annotated[str, StringConstraints(pattern=r"^[0-9]{4}$")]
    name: Line
