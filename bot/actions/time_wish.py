"""What somebody said about when, as a value: days, weekdays and time of day, which later remarks can change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

SATURDAY = 5


@dataclass(frozen=True)
class TimeRange:
    """What somebody said about when: days, weekdays and time of day, each open (`None`) where nothing was said."""

    first_day: date | None = None
    last_day: date | None = None
    weekdays: frozenset[int] | None = None
    from_time: time | None = None
    to_time: time | None = None
    exact: time | None = None
    soonest: bool = False
    weekday_only: bool = False  # the day came from a bare weekday, so a later wish may move it to another week
    weekday_after: bool = False  # "Montag drauf": the first one after the day that was spoken of

    @property
    def names_days(self) -> bool:
        return bool(self.first_day or self.last_day or self.weekdays)

    @property
    def names_time(self) -> bool:
        return bool(self.from_time or self.to_time or self.exact)

    def contains(self, moment: datetime) -> bool:
        """Whether a local start time satisfies everything that was said."""
        return self.contains_day(moment.date()) and self.contains_time(moment.time())

    def contains_day(self, day: date) -> bool:
        return not (
            (self.first_day and day < self.first_day)
            or (self.last_day and day > self.last_day)
            or (self.weekdays is not None and day.weekday() not in self.weekdays)
        )

    def contains_time(self, clock: time) -> bool:
        clock = clock.replace(tzinfo=None)
        if self.exact:
            return clock == self.exact
        return not ((self.from_time and clock < self.from_time) or (self.to_time and clock >= self.to_time))

    def changed_by(self, said_later: TimeRange, today: date) -> TimeRange:
        """Lay a later wish over this one: "lieber Mittwoch" keeps the time of day, "lieber nachmittags" the day."""
        if said_later.soonest and not said_later.names_days and not said_later.names_time:
            return replace(TimeRange(), soonest=True)
        changed = self
        if said_later.names_days:
            later = said_later
            if later.weekday_only and self.first_day and later.first_day:
                # a weekend that was named by its date is over: "Montag" is the one after it
                weekend = self.first_day.weekday() >= SATURDAY and not self.weekday_only
                after = later.weekday_after or weekend
                moved = _weekday_near(self.first_day, later.first_day.weekday(), after=after)
                if moved > today:
                    later = replace(later, first_day=moved, last_day=moved)
            changed = replace(
                changed,
                first_day=later.first_day,
                last_day=later.last_day,
                weekdays=later.weekdays,
                weekday_only=later.weekday_only,
                soonest=False,
            )
        if said_later.names_time:
            changed = replace(
                changed,
                from_time=said_later.from_time,
                to_time=said_later.to_time,
                exact=said_later.exact,
                soonest=changed.soonest and not said_later.names_days,
            )
        return changed

    def to_dict(self) -> dict[str, Any]:
        """A JSON form for a Rasa slot."""
        return {
            "first_day": self.first_day.isoformat() if self.first_day else None,
            "last_day": self.last_day.isoformat() if self.last_day else None,
            "weekdays": sorted(self.weekdays) if self.weekdays is not None else None,
            "from_time": self.from_time.isoformat("minutes") if self.from_time else None,
            "to_time": self.to_time.isoformat("minutes") if self.to_time else None,
            "exact": self.exact.isoformat("minutes") if self.exact else None,
            "soonest": self.soonest,
            "weekday_only": self.weekday_only,
            "weekday_after": self.weekday_after,
        }

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> TimeRange:
        def read(key: str, parse: Callable[[str], Any]) -> Any:
            return parse(stored[key]) if stored.get(key) else None

        weekdays = stored.get("weekdays")
        return cls(
            first_day=read("first_day", date.fromisoformat),
            last_day=read("last_day", date.fromisoformat),
            weekdays=frozenset(weekdays) if weekdays is not None else None,
            from_time=read("from_time", time.fromisoformat),
            to_time=read("to_time", time.fromisoformat),
            exact=read("exact", time.fromisoformat),
            soonest=bool(stored.get("soonest")),
            weekday_only=bool(stored.get("weekday_only")),
            weekday_after=bool(stored.get("weekday_after")),
        )


def _weekday_near(day: date, weekday: int, *, after: bool) -> date:
    """The weekday of the same week: "lieber Mittwoch" after "Dienstag, 1. Dezember"; with `after` the next one."""
    if after:
        return day + timedelta(days=(weekday - day.weekday() - 1) % 7 + 1)
    return day + timedelta(days=weekday - day.weekday())
