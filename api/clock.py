"""The one clock: German local time, and the date that `LOTSE_TODAY` may fix."""

import time
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from api.settings import get_settings

BERLIN = ZoneInfo("Europe/Berlin")


STARTED = time.monotonic()


def now() -> datetime:
    """Current time in Europe/Berlin.

    `LOTSE_TODAY` as a date keeps the real time of day on that date; with a time, the clock runs on from there.
    """
    current = datetime.now(BERLIN)
    fixed = get_settings().today
    if fixed is None:
        return current
    if isinstance(fixed, datetime):
        return fixed.replace(tzinfo=BERLIN) + timedelta(seconds=time.monotonic() - STARTED)
    return current.replace(year=fixed.year, month=fixed.month, day=fixed.day)


def today() -> date:
    """Today's date in Germany, or `LOTSE_TODAY`."""
    return now().date()


def utc(moment: datetime) -> datetime:
    """The moment in UTC, as it is stored."""
    return moment.astimezone(UTC)


def local(moment: datetime) -> datetime:
    """A stored moment in German local time (SQLite gives naive values, which are UTC)."""
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(BERLIN)
