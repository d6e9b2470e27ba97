"""Which free times are offered, and how days and times are said."""

from datetime import date, datetime, timedelta

from bot.actions.clock import BERLIN
from bot.actions.german_time import time_range
from bot.actions.offers import Slot, clock_words, fitting, moment_words, nearest, spread, wish_words
from bot.actions.time_wish import TimeRange

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=BERLIN)


def day_of_slots(day: int, *, opens: int = 8, closes: int = 12, site: str = "musterstadt") -> list[Slot]:
    start = datetime(2026, 11, day, opens, 0, tzinfo=BERLIN)
    return [Slot(start + timedelta(minutes=15 * step), site) for step in range((closes - opens) * 4)]


def wish(text: str) -> TimeRange:
    found = time_range(text, NOW)
    assert found is not None
    return found


def test_offers_are_spread_over_days_and_times_of_day() -> None:
    slots = [slot for day in (23, 24, 25, 26, 27) for slot in day_of_slots(day)]
    offers = spread(slots)
    assert len({slot.starts_at.date() for slot in offers}) == 5
    assert len({slot.starts_at.time() for slot in offers}) > 2
    assert offers[0] == slots[0]


def test_one_day_is_offered_from_its_first_to_its_last_time() -> None:
    slots = day_of_slots(24)
    offers = spread(slots)
    assert len(offers) == 5
    assert (offers[0], offers[-1]) == (slots[0], slots[-1])


def test_few_free_times_are_all_offered() -> None:
    slots = day_of_slots(24, closes=9)
    assert spread(slots) == slots


def test_two_sites_at_the_same_time_are_one_offer() -> None:
    both = [*day_of_slots(24), *day_of_slots(24, site="beispielheim")]
    assert len(fitting(both, wish("Dienstag"))) == 16


def test_the_nearest_times_are_those_of_the_wished_day_first() -> None:
    slots = [slot for day in (23, 25, 26) for slot in day_of_slots(day)]
    offers = nearest(slots, wish("Mittwoch um 15 Uhr"), NOW)
    assert {slot.starts_at.day for slot in offers} == {25}
    assert offers[-1].starts_at.hour == 11


def test_without_anything_on_that_day_the_days_around_it_come() -> None:
    slots = [slot for day in (23, 25, 30) for slot in day_of_slots(day)]
    offers = nearest(slots, wish("Dienstag um zehn"), NOW)
    assert {slot.starts_at.day for slot in offers} == {23, 25}


def test_days_and_times_are_said_as_people_say_them() -> None:
    moment = datetime(2026, 11, 24, 10, 30, tzinfo=BERLIN)
    assert moment_words(moment) == "Dienstag, 24. November, 10:30 Uhr"
    assert moment_words(moment.replace(year=2027), date(2026, 11, 21)) == "Mittwoch, 24. November 2027, 10:30 Uhr"
    assert clock_words(moment.replace(minute=0)) == "10 Uhr"


def test_a_wish_is_said_back_in_words() -> None:
    today = NOW.date()
    assert wish_words(wish("nächsten Dienstag nach zehn"), today) == "am Dienstag, 24. November, ab 10 Uhr"
    assert wish_words(wish("übermorgen vormittag"), today) == "am Montag, 23. November, vormittags"
    assert wish_words(wish("so um zehn"), today) == "gegen 10 Uhr"
    assert wish_words(wish("nur mittwochs"), today) == "am Mittwoch"
    assert wish_words(wish("nächste Woche"), today) == "vom 23. bis 29. November"
