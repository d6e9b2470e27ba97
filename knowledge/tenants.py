"""Tenants: one municipality's offices, hours, services, forms and rent limits, read from `tenants/<id>/tenant.yml`."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator, model_validator

from knowledge.errors import KnowledgeError, describe_validation

Weekday = Literal["mo", "di", "mi", "do", "fr", "sa", "so"]
WEEKDAYS: tuple[Weekday, ...] = ("mo", "di", "mi", "do", "fr", "sa", "so")
WEEKDAY_NAMES = ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag")


def _clock_time(value: object) -> object:
    """An unquoted 13:00 is the number 780 in YAML; read as seconds it would become 00:13."""
    if isinstance(value, (str, time)):
        return value
    raise ValueError('Uhrzeit bitte in Anführungszeichen schreiben, zum Beispiel "13:00"')


ClockTime = Annotated[time, BeforeValidator(_clock_time)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


_Entry = TypeVar("_Entry", bound=_Model)


class OpeningHours(_Model):
    """One opening on one or more weekdays; two entries for the same weekday mean a break between them."""

    weekdays: list[Weekday] = Field(min_length=1)
    opens: ClockTime
    closes: ClockTime

    @model_validator(mode="after")
    def _opens_before_it_closes(self) -> OpeningHours:
        if self.opens >= self.closes:
            raise ValueError("opens muss vor closes liegen")
        return self

    def covers(self, day: date) -> bool:
        return WEEKDAYS[day.weekday()] in self.weekdays


class Closure(_Model):
    """Days on which the office is closed beside public holidays; both ends belong to it."""

    first: date = Field(alias="from")
    last: date = Field(alias="to")
    reason: str

    def covers(self, day: date) -> bool:
        return self.first <= day <= self.last

    @property
    def days_text(self) -> str:
        """`am 24.12.2026` or `vom 28.12.2026 bis 30.12.2026`."""
        first, last = f"{self.first:%d.%m.%Y}", f"{self.last:%d.%m.%Y}"
        return f"am {first}" if first == last else f"vom {first} bis {last}"


class BookingRules(_Model):
    lead_time_hours: int = Field(ge=0)
    horizon_days: int = Field(ge=1, le=365)
    minimum_notice_cancel_hours: int = Field(ge=0)
    open_bookings_per_contact: int = Field(ge=1)
    grid_minutes: int = Field(ge=5, le=120)


class Site(_Model):
    """`places`: towns, villages and quarters whose people this site is there for, beside its postcodes."""

    id: str
    name: str
    address: str
    postcodes: list[str]
    places: list[str] = []
    map_url: str | None = None
    phone: str
    transport: str = ""
    accessibility: str = ""
    counters: int = Field(ge=1)
    hours: list[OpeningHours]

    @property
    def hours_text(self) -> str:
        """The week in words, days with the same hours together: `Montag und Dienstag: 8 bis 12 Uhr`."""
        return hours_text(self.hours)


class Service(_Model):
    id: str
    name: str
    description: str
    team: str
    duration_minutes: int = Field(ge=5, le=480)
    sites: list[str] = Field(min_length=1)
    bring: list[str] = []


class Team(_Model):
    id: str
    name: str
    about: str = ""
    # Topics of articles or ids of services that go to this team; the first team takes what nobody names.
    topics: list[str] = []


class Form(_Model):
    """A form to print, and where the municipality offers it, the same application online.

    `words`: what citizens here call it, beside the usual words of the forms that every job centre has.
    """

    id: str
    name: str
    url: str
    online: str | None = None
    words: list[str] = []


class Contact(_Model):
    """A way to somebody beside the sites: hotline, ombudsperson, data protection officer, employers' service."""

    id: str
    name: str
    about: str
    phone: str | None = None
    email: str | None = None
    times: str = ""

    @model_validator(mode="after")
    def _can_be_reached(self) -> Contact:
        if not self.phone and not self.email:
            raise ValueError(f"Kontakt {self.id}: phone oder email fehlt")
        return self


PartnerKind = Literal["debt", "addiction", "womens_shelter", "housing_emergency", "migration", "crisis"]


class Partner(_Model):
    """Somebody outside the office who helps: advice on debts, a women's shelter, an emergency bed."""

    id: str
    kind: PartnerKind
    name: str
    about: str
    phone: str
    times: str
    address: str = ""  # left out where it is secret, as a women's shelter's
    url: str | None = None


RouteKind = Literal[
    "under_25", "self_employed", "rehabilitation", "homelessness", "womens_shelter", "debt", "addiction", "employers",
    "childcare", "other",
]  # fmt: skip


class Ages(_Model):
    """Whole years; both ends belong to it."""

    first: int = Field(alias="from", ge=0)
    last: int = Field(alias="to", le=120)

    def covers(self, age: int) -> bool:
        return self.first <= age <= self.last


class Route(_Model):
    """A way of its own for some people or concerns: under 25, self-employed, debts, employers …

    It leads to exactly one of: a `team` (with the `site` it sits at, or the citizen's own site), a `contact`, a
    `partner`, or a place with a `phone` or `url` of its own. Name, words and times of a contact or partner are taken
    from there. `words`: how citizens here call it, beside the usual words of its kind. Never a person's own number.
    """

    id: str
    kind: RouteKind = "other"
    name: str = ""
    about: str = ""
    words: list[str] = []
    ages: Ages | None = None
    team: str | None = None
    site: str | None = None
    contact: str | None = None
    partner: str | None = None
    phone: str | None = None
    times: str = ""
    address: str = ""
    url: str | None = None
    service: str | None = None
    article: str | None = None

    @model_validator(mode="after")
    def _leads_somewhere(self) -> Route:
        own = self.phone or self.url
        if sum(bool(target) for target in (self.team, self.contact, self.partner, own)) != 1:
            raise ValueError(f"Weg {self.id}: genau eins von team, contact, partner oder phone/url angeben")
        if self.site and not self.team:
            raise ValueError(f"Weg {self.id}: site gibt es nur zusammen mit team")
        if not self.name and not (self.contact or self.partner):
            raise ValueError(f"Weg {self.id}: name fehlt")
        if self.kind == "other" and not self.words:
            raise ValueError(f"Weg {self.id}: words fehlt")
        return self


class Video(_Model):
    """A film that explains something, shown as a next step of the articles it belongs to."""

    id: str
    title: str
    url: str
    minutes: int = Field(ge=1, le=60)
    languages: list[str] = Field(min_length=1)
    articles: list[str] = Field(min_length=1)


DialNumber = Annotated[str, Field(pattern=r"^\+?[0-9*#]{1,20}$")]
GREETING_WORDS = 15  # a portion; who calls does not listen longer before speaking


class Extension(_Model):
    """Where calls for a team are put through to; `site` and `language` where they have a number of their own."""

    team: str
    site: str | None = None
    language: str | None = None
    number: DialNumber


class Telephone(_Model):
    """What the telephone needs of a municipality: extensions of its exchange, the first words, the voice.

    `overflow` takes the calls for which no extension is named. `greeting`: two portions of short sentences, which must
    say that a machine answers (Art. 50 KI-Verordnung); left out, the usual ones are said.
    """

    extensions: list[Extension] = []
    overflow: DialNumber | None = None
    greeting: list[str] | None = Field(default=None, min_length=2, max_length=2)
    voice: str | None = None

    @field_validator("greeting")
    @classmethod
    def _greeting_is_short(cls, greeting: list[str] | None) -> list[str] | None:
        for portion in greeting or []:
            if len(portion.split()) > GREETING_WORDS:
                raise ValueError(f"höchstens {GREETING_WORDS} Wörter: „{portion}“")
        return greeting

    def number_for(self, *, team: str, site: str | None = None, language: str | None = None) -> str | None:
        """The number that fits best: a team's own one at the site and in the language first, then the overflow."""
        fitting = [
            entry
            for entry in self.extensions
            if entry.team == team and entry.site in (None, site) and entry.language in (None, language)
        ]
        best = max(fitting, key=lambda entry: (entry.site is not None, entry.language is not None), default=None)
        return best.number if best else self.overflow


_Named = Site | Service | Team | Form | Contact | Partner | Route | Video


class RentArea(_Model):
    """One area of comparable rents (Vergleichsraum) with its limits in euros a month by number of persons."""

    name: str
    postcodes: list[str]
    persons: dict[int, Decimal]
    each_further: Decimal

    def limit(self, persons: int) -> Decimal:
        largest = max(self.persons)
        return self.persons[min(persons, largest)] + self.each_further * max(0, persons - largest)


class RentLimits(_Model):
    """`heating`: whether the limits hold heating too (Gesamtangemessenheitsgrenze, § 22 Abs. 10 SGB II)."""

    as_of: date
    heating: bool = False
    vergleichsraeume: list[RentArea] = Field(min_length=1)


class Tenant(_Model):
    """One municipality. Everything about a district that is not a rule of law stands here, nothing of it in code."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    name: str
    example: bool = False
    office: str
    state: Literal["BB", "BE", "BW", "BY", "HB", "HE", "HH", "MV", "NI", "NW", "RP", "SH", "SL", "SN", "ST", "TH"]
    phone: str
    email: str
    website: str
    postcodes: list[str]
    service_hours: list[OpeningHours]
    closures: list[Closure] = []
    booking: BookingRules
    sites: list[Site] = Field(min_length=1)
    services: list[Service]
    teams: list[Team]
    forms: list[Form] = []
    contacts: list[Contact] = []
    partners: list[Partner] = []
    routes: list[Route] = []
    # Towns nearby that belong to another job centre.
    outside: list[str] = []
    videos: list[Video] = []
    rent_limits: RentLimits | None = None
    telephone: Telephone = Telephone()
    disabled_articles: list[str] = []

    @field_validator("sites", "services", "teams", "forms", "contacts", "partners", "routes", "videos")
    @classmethod
    def _ids_are_unique(cls, entries: list[_Named]) -> list[_Named]:
        ids = [entry.id for entry in entries]
        if repeated := {id for id in ids if ids.count(id) > 1}:
            raise ValueError(f"doppelte id: {', '.join(sorted(repeated))}")
        return entries

    @model_validator(mode="after")
    def _services_name_known_sites_and_teams(self) -> Tenant:
        sites, teams = {site.id for site in self.sites}, {team.id for team in self.teams}
        for service in self.services:
            if unknown := set(service.sites) - sites:
                raise ValueError(f"Leistung {service.id}: unbekannter Standort {', '.join(sorted(unknown))}")
            if service.team not in teams:
                raise ValueError(f"Leistung {service.id}: unbekanntes Team {service.team}")
        for entry in self.telephone.extensions:
            if entry.team not in teams:
                raise ValueError(f"Durchwahl {entry.number}: unbekanntes Team {entry.team}")
            if entry.site is not None and entry.site not in sites:
                raise ValueError(f"Durchwahl {entry.number}: unbekannter Standort {entry.site}")
        return self

    @model_validator(mode="after")
    def _routes_lead_to_what_there_is(self) -> Tenant:
        for route in self.routes:
            for kind, id, known in (
                ("Team", route.team, self.team),
                ("Standort", route.site, self.site),
                ("Kontakt", route.contact, self.contact),
                ("Partner", route.partner, self.partner),
                ("Leistung", route.service, self.service),
            ):
                if id is not None and known(id) is None:
                    raise ValueError(f"Weg {route.id}: {kind} {id} ist nicht bekannt")
            service = self.service(route.service) if route.service else None
            if service and route.site and route.site not in service.sites:
                raise ValueError(f"Weg {route.id}: {service.id} gibt es am Standort {route.site} nicht")
        return self

    def partners_for(self, kind: PartnerKind) -> list[Partner]:
        """The partners of one kind.

        Raises KnowledgeError where the municipality names none: an article that lists them is then withheld.
        """
        found = [partner for partner in self.partners if partner.kind == kind]
        if not found:
            raise KnowledgeError(f"{self.name} nennt keine Anlaufstelle der Art „{kind}“ (partners in tenant.yml).")
        return found

    def site(self, id: str) -> Site | None:
        return next((site for site in self.sites if site.id == id), None)

    def service(self, id: str) -> Service | None:
        return next((service for service in self.services if service.id == id), None)

    def team(self, id: str) -> Team | None:
        return next((team for team in self.teams if team.id == id), None)

    def contact(self, id: str) -> Contact | None:
        return next((contact for contact in self.contacts if contact.id == id), None)

    def partner(self, id: str) -> Partner | None:
        return next((partner for partner in self.partners if partner.id == id), None)

    def sites_of(self, team: str) -> list[Site]:
        """The sites where a team is met: those of its services; all where it offers none to book."""
        offered = {site for service in self.services if service.team == team for site in service.sites}
        return [site for site in self.sites if site.id in offered] or list(self.sites)

    def form(self, id: str) -> Form | None:
        return next((form for form in self.forms if form.id == id), None)

    @property
    def service_hours_text(self) -> str:
        return hours_text(self.service_hours)


class State(_Model):
    """A federal state: what holds for all its municipalities, between the base and their own overlay."""

    name: str
    disabled_articles: list[str] = []


def load_state(folder: Path) -> State | None:
    """One state from its folder; None where nothing is written for it.

    Raises KnowledgeError that names the file and the field.
    """
    path = folder / "state.yml"
    return _read(path, State) if path.exists() else None


def hours_text(hours: list[OpeningHours]) -> str:
    """Opening hours as a German list, one line for all days that share the same hours."""
    by_day = {
        day: tuple(sorted((entry.opens, entry.closes) for entry in hours if day in entry.weekdays)) for day in WEEKDAYS
    }
    lines: dict[tuple[tuple[time, time], ...], list[str]] = {}
    for day, name in zip(WEEKDAYS, WEEKDAY_NAMES, strict=True):
        if by_day[day]:
            lines.setdefault(by_day[day], []).append(name)
    return "; ".join(
        f"{_in_words(names)}: {' und '.join(f'{_clock(opens)} bis {_clock(closes)} Uhr' for opens, closes in spans)}"
        for spans, names in lines.items()
    )


def _in_words(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} und {names[-1]}"


def _clock(value: time) -> str:
    return f"{value.hour}" if value.minute == 0 else f"{value.hour}.{value.minute:02d}"


def load_tenant(folder: Path) -> Tenant:
    """One tenant from its folder; the error names the file and the field."""
    path = folder / "tenant.yml"
    tenant = _read(path, Tenant)
    if tenant.id != folder.name:
        raise KnowledgeError(f"{path}: id ist „{tenant.id}“, der Ordner heißt „{folder.name}“")
    return tenant


def _read(path: Path, model: type[_Entry]) -> _Entry:
    try:
        return model.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise KnowledgeError(f"{path}: nicht lesbar ({error})") from error
    except ValidationError as error:
        raise KnowledgeError(f"{path}: {describe_validation(error)}") from error


def load_tenants(root: Path) -> dict[str, Tenant]:
    """All tenants under `<root>/tenants`; `root` is the knowledge folder."""
    folders = sorted(path.parent for path in (root / "tenants").glob("*/tenant.yml"))
    if not folders:
        raise KnowledgeError(f"{root / 'tenants'}: keine Kommune gefunden (tenants/<id>/tenant.yml)")
    return {folder.name: load_tenant(folder) for folder in folders}
