"""Finds the free times that answer a wish: one that fits exactly, a handful to choose from, or the nearest ones."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from bot.actions.api_client import api
from bot.actions.offers import AT_MOST, Slot, fitting, moment_words, nearest, spread, wish_words
from bot.actions.purposes import ANY_SITE
from bot.actions.sentences import phrase
from bot.actions.time_wish import TimeRange

# Slots are read in steps, so that an open wish does not load two months at once.
STEP = timedelta(days=7)
HORIZON = timedelta(days=62)
AROUND = timedelta(days=7)


@dataclass(frozen=True)
class Times:
    """Either one slot that is meant, or slots to choose from with the sentence that goes before them."""

    chosen: Slot | None
    offers: list[Slot]
    lead: str

    def to_dict(self) -> dict[str, Any]:
        return {"slots": [slot.to_dict() for slot in self.offers], "lead": self.lead}


async def times_for(
    *,
    tenant: str,
    service: str,
    site: str | None,
    wish: TimeRange | None,
    now: datetime,
    keep: Slot | None = None,
    limit: int = AT_MOST,
) -> Times:
    """Answer a wish. `keep`: the slot of an appointment that is being moved; it is never offered again."""
    place = None if site in (None, ANY_SITE) else site
    wish = wish or TimeRange()
    free = await _free(tenant=tenant, service=service, site=place, wish=wish, now=now)
    if keep:
        free = [slot for slot in free if slot.starts_at != keep.starts_at]
    fits = fitting(free, wish)
    chosen = _meant(fits, wish)
    if chosen:
        return Times(chosen, [], "")
    named = wish_words(wish, now.date())
    if fits:
        lead = phrase("lead_free_wish", wish=_first_upper(named)) if named else phrase("lead_free")
        return Times(None, spread(fits, limit), lead)
    if wish.last_day and wish.last_day < now.date():
        lead = phrase("past_day")
    else:
        lead = phrase("lead_nearest", wish=_first_upper(named)) if named else phrase("lead_free")
    around = await _around(tenant=tenant, service=service, site=place, wish=wish, now=now)
    if keep:
        around = [slot for slot in around if slot.starts_at != keep.starts_at]
    return Times(None, nearest(around, wish, now, limit), lead)


async def other_times(
    *,
    tenant: str,
    service: str,
    site: str | None,
    shown: list[Slot],
    wish: TimeRange | None,
    towards: str,
    now: datetime,
    limit: int = AT_MOST,
) -> Times:
    """Other times than those shown. `towards`: "earlier", "later" or "other"."""
    place = None if site in (None, ANY_SITE) else site
    from_day = None if towards == "earlier" else _week_before(shown)
    free = await _free(tenant=tenant, service=service, site=place, wish=TimeRange(first_day=from_day), now=now, weeks=5)
    seen = {slot.starts_at for slot in shown}
    rest = [slot for slot in fitting(free, None) if slot.starts_at not in seen]
    if seen and towards == "earlier":
        near = [slot for slot in rest if slot.starts_at < min(seen)]
    elif seen and towards == "later":
        near = [slot for slot in rest if slot.starts_at > max(seen)]
    else:
        near = [slot for slot in rest if not seen or slot.starts_at > min(seen)]
    same_kind = [slot for slot in near if wish is None or wish.contains_time(slot.starts_at.time())]
    offers = spread(same_kind if len(same_kind) >= limit else near, limit)
    if offers:
        return Times(None, offers, phrase("lead_other"))
    return Times(None, shown, phrase("lead_no_other"))


async def time_is_free(*, tenant: str, service: str, site: str | None, moment: datetime) -> Slot | None:
    """The free slot that starts at this very moment, if there is one."""
    place = None if site in (None, ANY_SITE) else site
    listed = await api.slots(tenant=tenant, service=service, site=place, first=moment.date(), last=moment.date())
    return next((slot for slot in map(Slot.of, listed) if slot.starts_at == moment), None)


def _week_before(shown: list[Slot]) -> date | None:
    return (min(slot.starts_at for slot in shown) - timedelta(days=7)).date() if shown else None


def _meant(fits: list[Slot], wish: TimeRange) -> Slot | None:
    one_day = bool(wish.first_day) and wish.first_day == wish.last_day
    if fits and (len(fits) == 1 or wish.soonest or (one_day and wish.exact)):
        return fits[0]
    return None


async def _free(
    *, tenant: str, service: str, site: str | None, wish: TimeRange, now: datetime, weeks: int = 0
) -> list[Slot]:
    """Free slots of the wished days; for an open wish from its first day on, until enough fit, at least for `weeks`."""
    first = max(wish.first_day or now.date(), now.date())
    end = min(wish.last_day or (now + HORIZON).date(), (now + HORIZON).date())
    found: list[Slot] = []
    while first <= end:
        last = min(first + STEP, end)
        found += [
            Slot.of(slot) for slot in await api.slots(tenant=tenant, service=service, site=site, first=first, last=last)
        ]
        weeks -= 1
        if len(fitting(found, wish)) >= AT_MOST and weeks <= 0:
            break
        first = last + timedelta(days=1)
    return found


async def _around(*, tenant: str, service: str, site: str | None, wish: TimeRange, now: datetime) -> list[Slot]:
    """Free slots around a wish that nothing satisfies; without any there, the next ones at all."""
    day = wish.first_day or wish.last_day or now.date()
    horizon = (now + HORIZON).date()
    first = min(max(day - AROUND, now.date()), horizon)
    last = min(max(day + AROUND, first), horizon)
    listed = await api.slots(tenant=tenant, service=service, site=site, first=first, last=last)
    if not listed:
        return await _free(tenant=tenant, service=service, site=site, wish=TimeRange(), now=now)
    return [Slot.of(slot) for slot in listed]


def _first_upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def heard_lead(lead: str) -> str:
    """What is said before the offers: that a wish cannot be had must be heard, the rest is short."""
    return phrase("heard_lead") if lead in ("", phrase("lead_free")) else lead


def options_spoken(slots: list[Slot], now: datetime, limit: int = 3) -> str:
    """The first offers as one says them."""
    return "; ".join(moment_words(slot.starts_at, now.date()) for slot in slots[:limit])
