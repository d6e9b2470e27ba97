"""Which slots an office offers, from its opening hours, and which of them are free. Pure: no database, no clock.

A service starts at each opening and then in steps of its own duration (rounded up to the tenant's grid), so that
neighbouring slots of one service never overlap and no rests are left between them. What is offered is exactly what
can be booked.

All moments are UTC: Python compares and adds moments of one local zone by the wall clock, which is wrong on the two
days a year on which the clock changes.
"""

import math
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from api.clock import BERLIN, local
from api.days_off import day_off
from knowledge.tenants import Service, Site, Tenant

CELL = timedelta(minutes=5)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


@dataclass(frozen=True, order=True)
class Slot:
    """A time at a site in which one counter could serve one person."""

    starts_at: datetime
    ends_at: datetime
    site: str


@dataclass(frozen=True, order=True)
class Cell:
    """Five minutes of one counter of a site."""

    site: str
    counter: int
    starts_at: datetime


@dataclass(frozen=True)
class Refusal:
    """Why a time cannot be booked: a stable identifier and the sentence a person reads."""

    identifier: str
    detail: str


def offered_slots(*, tenant: Tenant, service: Service, site: Site, day: date, now: datetime) -> list[Slot]:
    """The slots of a service at a site on one day, free or not; none where the service or the day is not open."""
    if site.id not in service.sites or day_off(tenant, day):
        return []
    earliest, last_day = bookable_range(tenant, now)
    if day > last_day:
        return []
    duration = timedelta(minutes=service.duration_minutes)
    grid = tenant.booking.grid_minutes
    step = timedelta(minutes=math.ceil(service.duration_minutes / grid) * grid)
    return [
        Slot(starts_at, starts_at + duration, site.id)
        for opens, closes in opening_windows(site, day)
        for starts_at in _steps(opens, closes - duration, step)
        if starts_at >= earliest
    ]


def bookable_range(tenant: Tenant, now: datetime) -> tuple[datetime, date]:
    """The earliest moment and the last day that can be booked now."""
    earliest = now.astimezone(UTC) + timedelta(hours=tenant.booking.lead_time_hours)
    return earliest, local(now).date() + timedelta(days=tenant.booking.horizon_days)


def opening_windows(site: Site, day: date) -> list[tuple[datetime, datetime]]:
    """When a site is open on a day, by its hours alone; entries that touch or overlap count as one window."""
    windows: list[tuple[datetime, datetime]] = []
    for hours in sorted((entry for entry in site.hours if entry.covers(day)), key=lambda entry: entry.opens):
        opens, closes = wall_time(day, hours.opens), wall_time(day, hours.closes)
        if windows and opens <= windows[-1][1]:
            windows[-1] = (windows[-1][0], max(windows[-1][1], closes))
        else:
            windows.append((opens, closes))
    return windows


def wall_time(day: date, at: time) -> datetime:
    """The moment at which German clocks show this time."""
    return datetime.combine(day, at, tzinfo=BERLIN).astimezone(UTC)


def refusal(*, tenant: Tenant, service: Service, site: Site, starts_at: datetime, now: datetime) -> Refusal | None:
    """Why this start cannot be booked, whoever else booked what; None where it can."""
    day = local(starts_at).date()
    offered = offered_slots(tenant=tenant, service=service, site=site, day=day, now=now)
    if any(slot.starts_at == starts_at for slot in offered):
        return None
    if site.id not in service.sites:
        return Refusal("service-not-at-site", f"„{service.name}“ gibt es nicht am Standort {site.name}.")
    if starts_at <= now:
        return Refusal("slot-in-past", "Diese Zeit ist schon vorbei.")
    earliest, last_day = bookable_range(tenant, now)
    if starts_at < earliest:
        hours = tenant.booking.lead_time_hours
        return Refusal(
            "slot-too-soon",
            f"Diese Zeit ist zu nah. Bitte buchen Sie mindestens {_counted(hours, 'Stunde', 'Stunden')} vorher.",
        )
    if day > last_day:
        days = tenant.booking.horizon_days
        return Refusal(
            "slot-too-far",
            f"Termine gibt es nur für die nächsten {_counted(days, 'Tag', 'Tage')}, bis zum {last_day:%d.%m.%Y}.",
        )
    if reason := day_off(tenant, day):
        return Refusal("site-closed", f"Am {day:%d.%m.%Y} ist geschlossen ({reason}).")
    if not any(opens <= starts_at < closes for opens, closes in opening_windows(site, day)):
        return Refusal("site-closed", f"{site.name} ist zu dieser Zeit nicht geöffnet.")
    return Refusal("no-slot-starts-then", "Zu dieser Uhrzeit beginnt kein Termin. Bitte wählen Sie eine andere Zeit.")


def cells(slot: Slot, counter: int) -> list[Cell]:
    """The cells that an appointment in this slot takes at a counter, in order of time."""
    first = EPOCH + (slot.starts_at - EPOCH) // CELL * CELL
    return [
        Cell(slot.site, counter, first + number * CELL) for number in range(math.ceil((slot.ends_at - first) / CELL))
    ]


def is_free(slot: Slot, *, counters: int, taken: Collection[Cell]) -> bool:
    """Whether some counter has all cells of the slot free."""
    return any(not any(cell in taken for cell in cells(slot, counter)) for counter in range(1, counters + 1))


def days_between(earliest: datetime, before: datetime) -> Iterator[date]:
    """The German calendar days that a span of time touches."""
    day, end = local(earliest).date(), local(before).date()
    while day <= end:
        yield day
        day += DAY


def _steps(first: datetime, last: datetime, step: timedelta) -> Iterator[datetime]:
    while first <= last:
        yield first
        first += step


def _counted(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
