"""Which of the free slots to offer, and how to say a day and a time. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from bot.actions.clock import BERLIN
from bot.actions.language import clock_in_words, day_in_words, in_german
from bot.actions.time_wish import TimeRange

AT_MOST = 5
AT_MOST_SPOKEN = 3
WEEKDAYS = ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag")
MONTHS = (
    "Januar", "Februar", "März", "April", "Mai", "Juni",
    "Juli", "August", "September", "Oktober", "November", "Dezember",
)  # fmt: skip

# The times of day that german_time gives to words, said back as words.
DAY_PARTS: dict[tuple[time | None, time | None], str] = {
    (time(6), time(10)): "früh am Morgen",
    (time(6), time(12)): "vormittags",
    (time(10), time(12)): "am späten Vormittag",
    (time(11), time(14)): "mittags",
    (time(12), time(15)): "am frühen Nachmittag",
    (time(12), time(18)): "nachmittags",
    (time(15), time(18)): "am späten Nachmittag",
    (time(16), time(20)): "am Abend",
}


def options_heard(names: Sequence[str], times: int) -> str:
    """Three of the names to be read aloud; the next three when the question is asked again."""
    groups = [names[start : start + AT_MOST_SPOKEN] for start in range(0, len(names), AT_MOST_SPOKEN)]
    chosen = groups[min(times, len(groups) - 1)] if groups else []
    return ", ".join(chosen[:-1]) + f" oder {chosen[-1]}" if len(chosen) > 1 else "".join(chosen)


@dataclass(frozen=True, order=True)
class Slot:
    """A free time at a site, in local time."""

    starts_at: datetime
    site: str

    @classmethod
    def of(cls, listed: dict[str, Any]) -> Slot:
        return cls(starts_at=local(listed["starts_at"]), site=listed["site"])

    def to_dict(self) -> dict[str, str]:
        return {"starts_at": self.starts_at.isoformat(), "site": self.site}


def local(moment: str) -> datetime:
    """An RFC 3339 moment in German local time."""
    return datetime.fromisoformat(moment.replace("Z", "+00:00")).astimezone(BERLIN)


def fitting(slots: Iterable[Slot], wish: TimeRange | None) -> list[Slot]:
    """The slots that satisfy the wish, in order, one for each time."""
    return _one_each(slot for slot in sorted(slots) if wish is None or wish.contains(slot.starts_at))


_THROUGH_THE_DAY = (0.0, 0.5, 1.0, 0.25, 0.75)


def spread(slots: Sequence[Slot], limit: int = AT_MOST) -> list[Slot]:
    """At most `limit` of the slots: the first one, then other days and other times of day."""
    if len(slots) <= limit:
        return list(slots)
    days: dict[date, list[Slot]] = {}
    for slot in slots:
        days.setdefault(slot.starts_at.date(), []).append(slot)
    chosen_days = list(days.values())[:limit]
    share, more = divmod(limit, len(chosen_days))
    chosen: list[Slot] = []
    for number, of_day in enumerate(chosen_days):
        count = share + (number < more)
        if count == 1:
            # one a day: not five times eight o'clock
            chosen.append(of_day[round(_THROUGH_THE_DAY[number % len(_THROUGH_THE_DAY)] * (len(of_day) - 1))])
        else:
            chosen += _evenly(of_day, count)
    if len(chosen) < limit:  # a day had fewer than its share
        chosen += [slot for slot in slots if slot not in chosen][: limit - len(chosen)]
    return sorted(chosen)


def nearest(slots: Iterable[Slot], wish: TimeRange, now: datetime, limit: int = AT_MOST) -> list[Slot]:
    """The slots closest to a wish that nothing satisfies: the wished day first, then days around it."""
    day = wish.first_day or wish.last_day or now.date()
    clock = wish.exact or wish.from_time or wish.to_time or time(10)

    def distance(slot: Slot) -> tuple[int, int]:
        minutes = slot.starts_at.hour * 60 + slot.starts_at.minute - clock.hour * 60 - clock.minute
        outside = not wish.contains_day(slot.starts_at.date())
        return abs((slot.starts_at.date() - day).days) + outside, abs(minutes)

    chosen: list[Slot] = []
    for slot in sorted(_one_each(slots), key=distance):
        if all(abs(slot.starts_at - other.starts_at) >= timedelta(minutes=30) for other in chosen):
            chosen.append(slot)
        if len(chosen) == limit:
            break
    return sorted(chosen)


def _evenly(slots: Sequence[Slot], count: int) -> list[Slot]:
    if count >= len(slots):
        return list(slots)
    if count == 1:
        return [slots[0]]
    return [slots[round(number * (len(slots) - 1) / (count - 1))] for number in range(count)]


def _one_each(slots: Iterable[Slot]) -> list[Slot]:
    """One slot for each time: where the site does not matter, two sites at ten o'clock are one offer."""
    seen: dict[datetime, Slot] = {}
    for slot in slots:
        seen.setdefault(slot.starts_at, slot)
    return list(seen.values())


# --- saying it


def day_words(day: date, today: date | None = None) -> str:
    """Tuesday, 24 November; with the year where it is not this one."""
    if not in_german():
        return day_in_words(day, year=today is not None and day.year != today.year)
    return _german_day(day, today)


def _german_day(day: date, today: date | None = None) -> str:
    year = f" {day.year}" if today is not None and day.year != today.year else ""
    return f"{WEEKDAYS[day.weekday()]}, {day.day}. {MONTHS[day.month - 1]}{year}"


def clock_words(clock: datetime | time) -> str:
    """10 Uhr, 10:30 Uhr."""
    return _german_clock(clock) if in_german() else clock_in_words(clock)


def _german_clock(clock: datetime | time) -> str:
    return f"{clock.hour} Uhr" if not clock.minute else f"{clock.hour}:{clock.minute:02d} Uhr"


def moment_words(moment: datetime, today: date | None = None) -> str:
    """Dienstag, 24. November, 10:30 Uhr."""
    return f"{day_words(moment.date(), today)}, {clock_words(moment)}"


def german_moment(moment: datetime) -> str:
    """The same for the people in the office, whatever the citizen reads."""
    return f"{_german_day(moment.date())}, {_german_clock(moment)}"


def button_words(moment: datetime) -> str:
    """Dienstag, 24.11., 10:30 Uhr."""
    if not in_german():
        return moment_words(moment)
    return f"{WEEKDAYS[moment.weekday()]}, {moment.day}.{moment.month}., {clock_words(moment)}"


def wish_words(wish: TimeRange, today: date) -> str:
    """The wish said back: am Dienstag, 24. November, ab 10 Uhr. In other languages it is not said back."""
    if not in_german():
        return ""
    parts = []
    if wish.first_day and wish.first_day == wish.last_day:
        parts.append(f"am {day_words(wish.first_day, today)}")
    elif wish.weekdays is not None and not wish.first_day:
        parts.append("am " + " oder ".join(WEEKDAYS[day] for day in sorted(wish.weekdays)))
    elif wish.first_day and wish.last_day:
        month = "" if wish.first_day.month == wish.last_day.month else f" {MONTHS[wish.first_day.month - 1]}"
        last = f"{wish.last_day.day}. {MONTHS[wish.last_day.month - 1]}"
        parts.append(f"vom {wish.first_day.day}.{month} bis {last}")
    elif wish.first_day:
        parts.append(f"ab {day_words(wish.first_day, today)}")
    day_part = DAY_PARTS.get((wish.from_time, wish.to_time))
    if wish.exact:
        parts.append(f"um {clock_words(wish.exact)}")
    elif day_part:
        parts.append(day_part)
    elif wish.from_time and wish.to_time and wish.to_time.minute % 15 == 1:
        middle = datetime.combine(today, wish.from_time) + timedelta(minutes=30)
        parts.append(f"gegen {clock_words(middle)}")
    elif wish.from_time and wish.to_time:
        parts.append(f"zwischen {clock_words(wish.from_time)} und {clock_words(wish.to_time)}")
    elif wish.from_time:
        parts.append(f"ab {clock_words(wish.from_time)}")
    elif wish.to_time:
        parts.append(f"vor {clock_words(wish.to_time)}")
    return ", ".join(parts)
