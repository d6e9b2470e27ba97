"""Whether a site is open now, and when it opens next: its hours less public holidays and closures. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from api.appointments.calendar import opening_windows
from api.clock import local
from api.days_off import day_off
from knowledge.tenants import Site, Tenant

LOOK_AHEAD_DAYS = 60


@dataclass(frozen=True)
class Opening:
    """Open with the time it closes, or closed with the next opening; `occasion`: the holiday or closure today."""

    open: bool
    closes_at: datetime | None = None
    opens_at: datetime | None = None
    occasion: str | None = None


def opening(tenant: Tenant, site: Site, now: datetime) -> Opening:
    """How it stands with a site at this moment; within two months ahead."""
    now, today = now.astimezone(UTC), local(now).date()
    occasion = day_off(tenant, today)
    for days in range(LOOK_AHEAD_DAYS):
        day = today + timedelta(days=days)
        if day_off(tenant, day):
            continue
        for opens, closes in opening_windows(site, day):
            if opens <= now < closes:
                return Opening(open=True, closes_at=closes)
            if opens > now:
                return Opening(open=False, opens_at=opens, occasion=occasion)
    return Opening(open=False, occasion=occasion)
