"""What people write about days and times, and what must be understood. "Today" is Saturday, 21 November 2026.

Notation of the expectation: days `2026-11-24` or `first..last` (one side open), weekdays `wd=0,2` (Monday is 0), time
of day `10:00-12:00` (one side open) or `=10:30` for an exact time, `soonest`.
"""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from bot.actions.german_time import direction, shifted, shifted_wish, time_range
from bot.actions.time_wish import TimeRange


def berlin(moment: str) -> datetime:
    return datetime.fromisoformat(moment).replace(tzinfo=ZoneInfo("Europe/Berlin"))


NOW = berlin("2026-11-21 09:00")

DAYS = {
    "morgen": "2026-11-22",
    "heute noch?": "2026-11-21",
    "übermorgen": "2026-11-23",
    "am Dienstag": "2026-11-24",
    "nächsten Dienstag": "2026-11-24",
    "kommenden Freitag": "2026-11-27",
    "diesen Mittwoch": "2026-11-25",
    "Samstag": "2026-11-28",
    "mitwoch": "2026-11-25",
    "naechsten dinstag": "2026-11-24",
    "übernächsten Dienstag": "2026-12-01",
    "Dienstag in einer Woche": "2026-12-01",
    "Dienstag in acht Tagen": "2026-12-01",
    "Dienstag in 14 Tagen": "2026-12-08",
    "Dienstag nächster Woche": "2026-11-24",
    "nächste Woche Mittwoch": "2026-11-25",
    "nächste Woche, am besten Donnerstag": "2026-11-26",
    "heute in einer Woche": "2026-11-28",
    "morgen in einer Woche": "2026-11-29",
    "in drei Tagen": "2026-11-24",
    "in 10 Tagen": "2026-12-01",
    "nicht morgen, sondern übermorgen": "2026-11-23",
    "dann nehme ich den 25.": "2026-11-25",
    "haben sie am mittwoch noch was frei": "2026-11-25",
    "nein, doch lieber Mittwoch": "2026-11-25",
}
CALENDAR_DATES = {
    "am 3.12.": "2026-12-03",
    "3.12.2026": "2026-12-03",
    "03.12.26": "2026-12-03",
    "25.11": "2026-11-25",
    "am 25/11": "2026-11-25",
    "2026-12-03": "2026-12-03",
    "5.1.": "2027-01-05",
    "am 24.": "2026-11-24",
    "am zwanzigsten": "2026-12-20",
    "am 3. Dezember": "2026-12-03",
    "25. Nov.": "2026-11-25",
    "am dritten Dezember": "2026-12-03",
    "am dritten zwölften": "2026-12-03",
    "vierundzwanzigster November": "2026-11-24",
    "Donnerstag, den 26.11.": "2026-11-26",
    "Dienstag, 8. Dezember": "2026-12-08",
    "nächsten Freitag, 11.12.": "2026-12-11",
    "am 11.12., Freitag": "2026-12-11",
    "Dienstag, 1. Dezember oder Mittwoch, 2. Dezember": "2026-12-01..2026-12-02 wd=1,2",
}
SPANS = {
    "nächste Woche": "2026-11-23..2026-11-29",
    "Anfang der Woche": "2026-11-23..2026-11-24",
    "Mitte nächster Woche": "2026-11-24..2026-11-26",
    "Ende nächster Woche": "2026-11-26..2026-11-27",
    "bis Ende der Woche": "2026-11-21..2026-11-27",
    "in zwei Wochen": "2026-11-30..2026-12-06",
    "in der ersten Dezemberwoche": "2026-12-01..2026-12-07",
    "Anfang Dezember": "2026-12-01..2026-12-10",
    "im Januar": "2027-01-01..2027-01-31",
    "Ende des Monats": "2026-11-21..2026-11-30",
    "Anfang nächsten Monats": "2026-12-01..2026-12-10",
    "am Wochenende": "2026-11-21..2026-11-22",
    "Montag bis Mittwoch": "2026-11-23..2026-11-25",
    "zwischen Montag und Mittwoch": "2026-11-23..2026-11-25",
    "vom 1. bis 5. Dezember": "2026-12-01..2026-12-05",
    "ab Mittwoch": "2026-11-25..",
    "ab nächster Woche": "2026-11-23..",
    "frühestens am Donnerstag": "2026-11-26..",
    "nach dem 3.12.": "2026-12-04..",
    "spätestens Freitag": "2026-11-21..2026-11-27",
    "vor Weihnachten": "2026-11-21..2026-12-23",
    "im neuen Jahr": "2027-01-01..",
    "Mittwoch oder Donnerstag": "2026-11-25..2026-11-26 wd=2,3",
    "jeden Dienstag": "wd=1",
    "montags kann ich nicht": "wd=1,2,3,4,5,6",
    "unter der Woche": "wd=0,1,2,3,4",
}
TIMES = {
    "halb drei": "=14:30",
    "halb acht": "=07:30",
    "um zehn": "=10:00",
    "um eins": "=13:00",
    "10 Uhr": "=10:00",
    "zehn Uhr dreißig": "=10:30",
    "um 10.30 Uhr": "=10:30",
    "1415 Uhr": "=14:15",
    "15h": "=15:00",
    "viertel nach neun": "=09:15",
    "Viertel vor zehn": "=09:45",
    "dreiviertel zehn": "=09:45",
    "fünf vor halb drei": "=14:25",
    "zehn vor elf": "=10:50",
    "drei Uhr nachmittags": "=15:00",
    "ab 14 Uhr": "14:00-",
    "kurz nach neun": "09:00-",
    "nicht vor zehn": "10:00-",
    "nicht nach 15 Uhr": "-15:00",
    "bis zwölf": "-12:00",
    "zwischen 9 und 11": "09:00-11:00",
    "von neun bis elf Uhr": "09:00-11:00",
    "vormittags zwischen neun und halb elf": "09:00-10:30",
    "9-11 Uhr": "09:00-11:00",
    "so um zehn": "09:30-10:31",
    "ich kann nur vormittags": "06:00-12:00",
    "morgens": "06:00-10:00",
    "am späten Nachmittag": "15:00-18:00",
    "nach der Arbeit": "16:00-",
}
DAYS_AND_TIMES = {
    "nächsten Dienstag nach zehn": "2026-11-24 10:00-",
    "übermorgen vormittag": "2026-11-23 06:00-12:00",
    "morgen früh": "2026-11-22 06:00-10:00",
    "Guten Morgen, morgen um 8?": "2026-11-22 =08:00",
    "heute Nachmittag": "2026-11-21 12:00-18:00",
    "Mo 10 Uhr": "2026-11-23 =10:00",
    "Di. 24.11. 9:30": "2026-11-24 =09:30",
    "am 2.12 um 8.30": "2026-12-02 =08:30",
    "am 3. Dezember um halb zehn": "2026-12-03 =09:30",
    "Mittwoch den 25. November 2026 um 10:30 Uhr": "2026-11-25 =10:30",
    "geht auch donnerstag nachmittag?": "2026-11-26 12:00-18:00",
    "nächste woche irgendwann vormittags": "2026-11-23..2026-11-29 06:00-12:00",
    "Mittwoch oder Freitag, nach 14 Uhr": "2026-11-25..2026-11-27 wd=2,4 14:00-",
    "immer montags früh": "wd=0 06:00-10:00",
    "Ich heiße Anna Müller, 069 1234567, Dienstag 10 Uhr": "2026-11-24 =10:00",
    "Freitag, 11. Dezember, 8:45 Uhr": "2026-12-11 =08:45",
    "Dienstag den 1.12. um 14 Uhr, Mai Nguyen, mai.nguyen@example.de": "2026-12-01 =14:00",
    "dienstag 10 uhr, august krämer": "2026-11-24 =10:00",
    "Donnerstagnachmittag": "2026-11-26 12:00-18:00",
    "irgendwann am Donnerstagnachmittag nächste Woche": "2026-11-26 12:00-18:00",
    "Freitag früh nächste Woche": "2026-11-27 06:00-10:00",
    "Montagmorgen": "2026-11-23 06:00-10:00",
    "so früh wie möglich": "soonest",
    "der nächste freie Termin": "soonest",
    "egal wann": "soonest",
    "möglichst früh am Dienstag": "2026-11-24 soonest",
}
NO_TIME_AT_ALL = [
    "Ich bin 24 Jahre alt",
    "meine Miete ist 480,50 Euro",
    "wir sind 3 Personen und ich bin im 4. Monat schwanger",
    "Seit 3 Monaten warte ich",
    "§ 22 Abs. 1",
    "ich habe 2 Kinder",
    "Guten Morgen",
    "ich bin Mai Nguyen",
    "August Krämer",
    "Hausnummer 12.3",
    "am 31.11.",
    "am 30. Februar",
    "anna.um.10@example.de",
    "",
]


def notation(found: TimeRange | None) -> str | None:
    """Write a range in the short form used above."""
    if found is None:
        return None
    parts = []
    if found.first_day or found.last_day:
        first, last = found.first_day or "", found.last_day or ""
        parts.append(str(first) if first == last else f"{first}..{last}")
    if found.weekdays is not None:
        parts.append("wd=" + ",".join(str(day) for day in sorted(found.weekdays)))
    if found.from_time or found.to_time:
        parts.append("-".join(f"{clock:%H:%M}" if clock else "" for clock in (found.from_time, found.to_time)))
    if found.exact:
        parts.append(f"={found.exact:%H:%M}")
    if found.soonest:
        parts.append("soonest")
    return " ".join(parts)


@pytest.mark.parametrize(
    ("text", "expected"), (DAYS | CALENDAR_DATES | SPANS | TIMES | DAYS_AND_TIMES).items(), ids=lambda value: value
)
def test_a_day_or_time_is_understood_as_people_write_it(text: str, expected: str) -> None:
    assert notation(time_range(text, NOW)) == expected


@pytest.mark.parametrize("text", NO_TIME_AT_ALL)
def test_numbers_that_are_no_time_and_days_that_do_not_exist_are_not_taken_for_one(text: str) -> None:
    assert time_range(text, NOW) is None


@pytest.mark.parametrize("text", DAYS | CALENDAR_DATES | SPANS | TIMES | DAYS_AND_TIMES)
def test_a_wish_survives_being_stored_in_the_tracker(text: str) -> None:
    found = time_range(text, NOW)
    assert found is not None
    assert TimeRange.from_dict(found.to_dict()) == found


def test_a_number_alone_is_an_hour_only_where_the_question_was_about_the_time() -> None:
    assert time_range("10", NOW) is None
    assert notation(time_range("10", NOW, bare_hour=True)) == "=10:00"
    assert notation(time_range("lieber zehn", NOW, bare_hour=True)) == "=10:00"
    assert notation(time_range("3", NOW, bare_hour=True)) == "=15:00"


@pytest.mark.parametrize(
    ("before", "then", "expected"),
    [
        ("Dienstag um 10 Uhr", "nein, doch lieber Mittwoch", "2026-11-25 =10:00"),
        ("am 1.12. vormittags", "lieber Mittwoch", "2026-12-02 06:00-12:00"),
        ("nächste Woche vormittags", "am Freitag", "2026-11-27 06:00-12:00"),
        ("am 3.12. um 9 Uhr", "lieber nachmittags", "2026-12-03 12:00-18:00"),
        ("Dienstag um 10 Uhr", "am 3.12. um halb drei", "2026-12-03 =14:30"),
        ("Dienstag um 10 Uhr", "doch so früh wie möglich", "soonest"),
        ("am 29.11.", "ok dann Montag um 9:30", "2026-11-30 =09:30"),
        ("am 29.11.", "ok dann Montag drauf um 9:30", "2026-11-30 =09:30"),
        ("am 3.12. vormittags", "lieber Dienstag drauf", "2026-12-08 06:00-12:00"),
        ("am 3.12. um 9 Uhr", "lieber Dienstag", "2026-12-01 =09:00"),
    ],
)
def test_a_later_wish_changes_only_what_it_names(before: str, then: str, expected: str) -> None:
    first, second = time_range(before, NOW), time_range(then, NOW)
    assert first is not None
    assert second is not None
    assert notation(first.changed_by(second, NOW.date())) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("eine Stunde später", berlin("2026-11-24 11:00")),
        ("lieber einen Tag früher", berlin("2026-11-23 10:00")),
        ("eine Woche später bitte", berlin("2026-12-01 10:00")),
        ("am Tag danach", berlin("2026-11-25 10:00")),
        ("zwei Stunden früher", berlin("2026-11-24 08:00")),
    ],
)
def test_a_shift_is_counted_from_the_time_already_chosen(text: str, expected: datetime) -> None:
    assert shifted(text, berlin("2026-11-24 10:00")) == expected


def test_a_weekday_never_goes_back_to_today_or_before() -> None:
    monday = berlin("2026-11-23 12:00")
    thursday, then = time_range("am Donnerstag", monday), time_range("lieber Montag um 9:30", monday)
    assert thursday is not None
    assert then is not None
    assert notation(thursday.changed_by(then, monday.date())) == "2026-11-30 =09:30"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("lieber einen Tag später um 8 Uhr", "2026-12-09 =08:00"),
        ("eine Woche später, am liebsten vormittags", "2026-12-15 06:00-12:00"),
        ("am Tag davor", "2026-12-07 =13:00"),
        ("eine Stunde später", "2026-12-08 =14:00"),
        ("um 8 Uhr", None),
    ],
)
def test_a_shift_and_a_time_in_one_message_are_both_heard(text: str, expected: str | None) -> None:
    assert notation(shifted_wish(text, berlin("2026-12-08 13:00"))) == expected


def test_earlier_and_later_without_an_amount_are_told_apart() -> None:
    assert direction("geht es auch früher?") == "earlier"
    assert direction("was Späteres bitte, später am Tag") == "later"
    assert direction("haben Sie auch andere Zeiten?") == "other"
    assert direction("Dienstag") is None


@pytest.mark.parametrize(
    ("text", "moment", "fits"),
    [
        ("Dienstag nach zehn", berlin("2026-11-24 10:00"), True),
        ("Dienstag nach zehn", berlin("2026-11-24 09:45"), False),
        ("Dienstag nach zehn", berlin("2026-11-25 10:00"), False),
        ("nur mittwochs", berlin("2026-12-02 08:00"), True),
        ("bis zwölf", berlin("2026-11-24 12:00"), False),
        ("um zehn", berlin("2026-11-24 10:00"), True),
    ],
)
def test_a_slot_fits_a_wish_or_not(text: str, moment: datetime, fits: bool) -> None:
    wish = time_range(text, NOW)
    assert wish is not None
    assert wish.contains(moment) is fits


def test_weekdays_count_from_tomorrow_and_the_year_turns() -> None:
    tuesday = berlin("2026-12-29 12:00")
    assert time_range("Dienstag", tuesday) == TimeRange(date(2027, 1, 5), date(2027, 1, 5), weekday_only=True)
    assert time_range("am 2.1. um 9", tuesday) == TimeRange(date(2027, 1, 2), date(2027, 1, 2), exact=time(9))


@pytest.mark.parametrize("said", ["für den ersten antrag", "wegen dem 2. Bescheid", "zum ersten Gespräch"])
def test_the_first_of_something_is_no_day_of_a_month(said: str) -> None:
    assert time_range(f"ich möchte einen termin {said}", NOW) is None
