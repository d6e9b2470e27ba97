"""The bot's clock: German local time, and the date that `LOTSE_TODAY` may fix (as in the api)."""

from __future__ import annotations

import os
import time
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

BERLIN = ZoneInfo("Europe/Berlin")

_STARTED = time.monotonic()


def now() -> datetime:
    """Current time in Europe/Berlin.

    `LOTSE_TODAY` as a date keeps the real time of day on that date; with a time, the clock runs on from there.
    """
    current = datetime.now(BERLIN)
    fixed = os.environ.get("LOTSE_TODAY")
    if not fixed:
        return current
    if len(fixed) > len("2026-11-21"):
        return datetime.fromisoformat(fixed).replace(tzinfo=BERLIN) + timedelta(seconds=time.monotonic() - _STARTED)
    return datetime.combine(date.fromisoformat(fixed), current.timetz())
