"""Days on which a tenant's offices are closed: public holidays of its federal state, and its own closures."""

from datetime import date
from functools import lru_cache

import holidays

from knowledge.tenants import Tenant


def day_off(tenant: Tenant, day: date) -> str | None:
    """The name of the public holiday or the reason of the closure on this day."""
    for closure in tenant.closures:
        if closure.covers(day):
            return closure.reason
    return _holidays(tenant.state, day.year).get(day)


@lru_cache(maxsize=64)
def _holidays(state: str, year: int) -> dict[date, str]:
    return dict(holidays.country_holidays("DE", subdiv=state, years=year, language="de"))
