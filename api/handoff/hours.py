"""When caseworkers take over chats: service hours of a tenant, less public holidays and closures."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from babel.dates import format_date, format_skeleton

from api.clock import BERLIN
from api.days_off import day_off
from api.languages.catalog import GERMAN, locale_of, translated
from knowledge.tenants import Tenant

LOOK_AHEAD_DAYS = 60

ClosedReason = Literal["out_of_hours", "holiday"]


@dataclass(frozen=True)
class ServiceState:
    """Open or not; closed with the reason, the name of the holiday or closure, and the next opening if one is near."""

    open: bool
    reason: ClosedReason | None = None
    occasion: str | None = None
    opens_at: datetime | None = None


def service_state(tenant: Tenant, now: datetime) -> ServiceState:
    """Whether caseworkers take over chats at this moment."""
    now = now.astimezone(BERLIN)
    occasion = day_off(tenant, now.date())
    if occasion is None and any(
        hours.opens <= now.time() < hours.closes for hours in tenant.service_hours if hours.covers(now.date())
    ):
        return ServiceState(open=True)
    return ServiceState(
        open=False,
        reason="out_of_hours" if occasion is None else "holiday",
        occasion=occasion,
        opens_at=next_opening(tenant, now),
    )


def next_opening(tenant: Tenant, now: datetime) -> datetime | None:
    """The first opening after this moment, within two months."""
    for days in range(LOOK_AHEAD_DAYS):
        day = now.date() + timedelta(days=days)
        if day_off(tenant, day) is not None:
            continue
        starts = (
            datetime.combine(day, hours.opens, BERLIN) for hours in tenant.service_hours if hours.covers(day)
        )
        if later := [start for start in starts if start > now]:
            return min(later)
    return None


def closed_sentence(state: ServiceState, now: datetime, language: str = GERMAN) -> str:
    """What a citizen is told while nobody takes over chats."""
    if state.occasion:
        parts = [translated("Im Moment ist kein Mensch im Chat ({occasion}).", language, occasion=state.occasion)]
    else:
        parts = [translated("Im Moment ist kein Mensch im Chat.", language)]
    if state.opens_at is not None:
        parts.append(
            translated("Wir sind wieder da: {when}.", language, when=opening_words(state.opens_at, now, language))
        )
    parts.append(translated("Sie können eine Nachricht hinterlassen oder um einen Rückruf bitten.", language))
    return " ".join(parts)


def closed_words(state: ServiceState, now: datetime) -> str:
    """The same in a call, without the ways on: they are asked for one at a time."""
    why = f" Heute ist {state.occasion}." if state.occasion else ""
    sentence = f"Im Moment ist niemand erreichbar.{why}"
    if state.opens_at is not None:
        sentence += f" Wir sind wieder da: {opening_words(state.opens_at, now)}."
    return sentence


def opening_words(opens_at: datetime, now: datetime, language: str = GERMAN) -> str:
    """`heute ab 8 Uhr`, `morgen ab 8 Uhr`, `am Montag, 23. November, ab 8 Uhr`."""
    opens_at = opens_at.astimezone(BERLIN)
    days = (opens_at.date() - now.astimezone(BERLIN).date()).days
    minutes = f".{opens_at.minute:02d}" if opens_at.minute else ""
    locale = locale_of(language)
    if locale == GERMAN:
        time, day = f"{opens_at.hour}{minutes} Uhr", f"{format_date(opens_at, 'EEEE, d. MMMM', locale='de')},"
    else:
        time, day = f"{opens_at:%H:%M}", format_skeleton("EEEEMMMMd", opens_at, locale=locale)
    if days in (0, 1):
        return translated(("heute ab {time}", "morgen ab {time}")[days], language, time=time)
    return translated("am {day} ab {time}", language, day=day, time=time)

