"""Promises of the calendar: which slots an office offers, whoever has booked what."""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.appointments import calendar
from api.appointments.calendar import CELL, Slot
from api.clock import BERLIN, local
from knowledge.tenants import OpeningHours, Service, Site, Tenant, load_tenants

KNOWLEDGE = Path(__file__).resolve().parents[2] / "knowledge"
MUSTERKREIS = load_tenants(KNOWLEDGE)["musterkreis"]
EVERY_DAY = ["mo", "di", "mi", "do", "fr", "sa", "so"]
NOW = datetime(2026, 11, 23, 7, 0, tzinfo=BERLIN)  # a Monday
TUESDAY = date(2026, 11, 24)


def office(*hours: tuple[str, str], minutes: int = 30, grid: int = 15, **booking: int) -> tuple[Tenant, Service, Site]:
    """Musterkreis with one site open every day at these hours and one service of this duration."""
    site = MUSTERKREIS.sites[0].model_copy(
        update={
            "hours": [OpeningHours(weekdays=EVERY_DAY, opens=opens, closes=closes) for opens, closes in hours],
        }
    )
    service = MUSTERKREIS.services[0].model_copy(update={"duration_minutes": minutes, "sites": [site.id]})
    rules = MUSTERKREIS.booking.model_copy(update={"grid_minutes": grid, **booking})
    tenant = MUSTERKREIS.model_copy(update={"sites": [site], "services": [service], "booking": rules})
    return tenant, service, site


def starts(office: tuple[Tenant, Service, Site], day: date, now: datetime = NOW) -> list[str]:
    tenant, service, site = office
    slots = calendar.offered_slots(tenant=tenant, service=service, site=site, day=day, now=now)
    return [f"{local(slot.starts_at):%H:%M}" for slot in slots]


def test_slots_start_at_each_opening_and_follow_in_steps_of_the_duration():
    assert starts(office(("08:00", "10:00"), ("13:00", "14:45"), minutes=45), TUESDAY) == [
        "08:00", "08:45", "13:00", "13:45",
    ]  # fmt: skip


def test_a_duration_beside_the_grid_is_rounded_up_to_it():
    assert starts(office(("08:00", "09:00"), minutes=20, grid=15), TUESDAY) == ["08:00", "08:30"]


def test_openings_that_touch_or_overlap_count_as_one():
    assert starts(office(("08:00", "09:15"), ("09:00", "10:30"), minutes=45), TUESDAY) == ["08:00", "08:45", "09:30"]


def test_the_example_sites_offer_what_their_hours_say():
    service, site = MUSTERKREIS.service("leistungsberatung"), MUSTERKREIS.site("neustadt-am-see")
    offered = {
        day: starts((MUSTERKREIS, service, site), day)
        for day in (date(2026, 11, 23) + timedelta(days=number) for number in range(7))
    }
    morning = ["09:00", "09:30", "10:00", "10:30", "11:00", "11:30"]
    afternoon = ["13:00", "13:30", "14:00", "14:30", "15:00", "15:30", "16:00", "16:30"]
    assert list(offered.values()) == [[], morning, afternoon, morning, [], [], []]


def test_a_site_offers_only_the_services_it_has():
    service, site = MUSTERKREIS.service("arbeitsvermittlung"), MUSTERKREIS.site("neustadt-am-see")
    assert starts((MUSTERKREIS, service, site), TUESDAY) == []


@given(
    opens=st.integers(0, 22 * 12), length=st.integers(1, 24 * 12), minutes=st.integers(5, 120), grid=st.integers(5, 60)
)
def test_slots_of_one_service_never_overlap_and_end_before_closing(opens, length, minutes, grid):
    closes = min(opens + length, 24 * 12 - 1)
    opening = (time(opens // 12, opens % 12 * 5), time(closes // 12, closes % 12 * 5))
    tenant, service, site = office(opening, minutes=minutes, grid=grid)
    slots = calendar.offered_slots(tenant=tenant, service=service, site=site, day=TUESDAY, now=NOW)
    assert all(earlier.ends_at <= later.starts_at for earlier, later in zip(slots, slots[1:], strict=False))
    assert all(slot.ends_at - slot.starts_at == timedelta(minutes=minutes) for slot in slots)
    if slots:
        assert local(slots[0].starts_at).time() == opening[0]
        assert local(slots[-1].ends_at).replace(tzinfo=None) <= datetime.combine(TUESDAY, opening[1])
    else:
        assert (closes - opens) * 5 < minutes


def test_no_slot_on_a_public_holiday_of_this_state_but_on_one_of_another():
    fronleichnam = date(2026, 6, 4)
    now = datetime(2026, 6, 1, 8, 0, tzinfo=BERLIN)
    tenant, service, site = office(("08:00", "09:00"))
    assert starts((tenant, service, site), fronleichnam, now) == []
    berlin = tenant.model_copy(update={"state": "BE"})
    assert starts((berlin, service, site), fronleichnam, now) == ["08:00", "08:30"]


def test_no_slot_on_a_closure():
    now = datetime(2026, 12, 20, 8, 0, tzinfo=BERLIN)
    assert starts(office(("08:00", "09:00")), date(2026, 12, 24), now) == []
    assert starts(office(("08:00", "09:00")), date(2026, 12, 23), now) == ["08:00", "08:30"]


def test_no_slot_within_the_lead_time():
    now = datetime(2026, 11, 24, 8, 1, tzinfo=BERLIN)
    assert starts(office(("08:00", "12:00"), minutes=60, lead_time_hours=2), TUESDAY, now) == ["11:00"]
    assert starts(office(("08:00", "12:00"), minutes=60, lead_time_hours=0), TUESDAY, now) == [
        "09:00", "10:00", "11:00",
    ]  # fmt: skip


def test_the_last_day_of_the_horizon_is_offered_and_the_next_is_not():
    room = office(("08:00", "09:00"), horizon_days=8)
    assert starts(room, date(2026, 12, 1)) == ["08:00", "08:30"]
    assert starts(room, date(2026, 12, 2)) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [(date(2027, 3, 25), date(2027, 3, 30)), (date(2026, 10, 23), date(2026, 10, 27))],
)
def test_the_doors_open_at_the_same_time_by_the_clock_before_and_after_the_clock_change(before, after):
    room = office(("08:00", "09:00"))
    now = datetime.combine(before, time(6), tzinfo=BERLIN)
    assert starts(room, before, now) == starts(room, after, now) == ["08:00", "08:30"]
    opening = [calendar.opening_windows(room[2], day)[0][0] for day in (before, after)]
    assert (opening[1] - opening[0]) % timedelta(days=1) != timedelta(0)  # in UTC the time of day has changed


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2027, 3, 28), ["00:00+0100", "01:00+0100", "03:00+0200", "04:00+0200"]),
        (date(2026, 10, 25), ["00:00+0200", "01:00+0200", "02:00+0200", "02:00+0100", "03:00+0100", "04:00+0100"]),
    ],
)
def test_an_opening_through_the_clock_change_has_as_many_slots_as_real_hours(day, expected):
    tenant, service, site = office(("00:00", "05:00"), minutes=60)
    now = datetime.combine(day - timedelta(days=2), time(6), tzinfo=BERLIN)
    slots = calendar.offered_slots(tenant=tenant, service=service, site=site, day=day, now=now)
    assert [f"{local(slot.starts_at):%H:%M%z}" for slot in slots] == expected
    assert all(earlier.ends_at <= later.starts_at for earlier, later in zip(slots, slots[1:], strict=False))


@pytest.mark.parametrize(
    ("now", "first"),
    [
        (datetime(2027, 3, 28, 1, 30, tzinfo=BERLIN), "05:00"),  # two real hours later the clocks show 4:30
        (datetime(2026, 10, 25, 1, 30, tzinfo=BERLIN), "03:00"),  # … and here 2:30, for the second time
    ],
)
def test_the_lead_time_counts_real_hours_across_the_clock_change(now, first):
    assert starts(office(("00:00", "08:00"), minutes=60, lead_time_hours=2), now.date(), now)[0] == first


@pytest.mark.parametrize(
    ("starts_at", "identifier", "sentence"),
    [
        ("2026-11-20T08:00", "slot-in-past", "Diese Zeit ist schon vorbei."),
        ("2026-11-23T08:00", "slot-too-soon", "mindestens 2 Stunden vorher"),
        ("2027-01-23T08:00", "slot-too-far", "für die nächsten 60 Tage, bis zum 22.01.2027"),
        ("2026-12-25T08:00", "site-closed", "Am 25.12.2026 ist geschlossen (Erster Weihnachtstag)."),
        ("2026-12-24T08:00", "site-closed", "Am 24.12.2026 ist geschlossen (Heiligabend)."),
        ("2026-11-24T07:30", "site-closed", "zu dieser Zeit nicht geöffnet"),
        ("2026-11-24T10:00", "site-closed", "zu dieser Zeit nicht geöffnet"),
        ("2026-11-24T08:10", "no-slot-starts-then", "Zu dieser Uhrzeit beginnt kein Termin."),
        ("2026-11-24T09:45", "no-slot-starts-then", "Zu dieser Uhrzeit beginnt kein Termin."),
    ],
)
def test_a_time_that_cannot_be_booked_is_refused_with_its_reason(starts_at, identifier, sentence):
    tenant, service, site = office(("08:00", "10:00"))
    refused = calendar.refusal(
        tenant=tenant, service=service, site=site, now=NOW,
        starts_at=datetime.fromisoformat(starts_at).replace(tzinfo=BERLIN).astimezone(UTC),
    )  # fmt: skip
    assert refused is not None
    assert refused.identifier == identifier
    assert sentence in refused.detail


@given(st.integers(0, 70 * 24 * 4))
def test_exactly_what_is_offered_can_be_booked(quarter_hours):
    service, site = MUSTERKREIS.service("erstantrag"), MUSTERKREIS.site("beispielheim")
    starts_at = NOW.astimezone(UTC) - timedelta(days=3) + quarter_hours * timedelta(minutes=15)
    day = local(starts_at).date()
    offered = calendar.offered_slots(tenant=MUSTERKREIS, service=service, site=site, day=day, now=NOW)
    refused = calendar.refusal(tenant=MUSTERKREIS, service=service, site=site, starts_at=starts_at, now=NOW)
    assert (refused is None) == (starts_at in {slot.starts_at for slot in offered})


MINUTES = st.integers(0, 600)
DURATIONS = st.integers(1, 180)


def _slot(minute: int, duration: int) -> Slot:
    starts_at = datetime(2026, 11, 24, 7, 0, tzinfo=UTC) + timedelta(minutes=minute)
    return Slot(starts_at, starts_at + timedelta(minutes=duration), "musterstadt")


@given(MINUTES, DURATIONS, MINUTES, DURATIONS)
def test_slots_that_overlap_share_a_cell_whatever_the_grid(first, first_duration, second, second_duration):
    one, other = _slot(first, first_duration), _slot(second, second_duration)
    share = set(calendar.cells(one, 1)) & set(calendar.cells(other, 1))
    if one.starts_at < other.ends_at and other.starts_at < one.ends_at:
        assert share
    elif first % 5 == second % 5 == first_duration % 5 == second_duration % 5 == 0:
        assert not share


@given(MINUTES, DURATIONS)
def test_the_cells_of_a_slot_cover_it_and_no_more(minute, duration):
    slot = _slot(minute, duration)
    taken = calendar.cells(slot, 2)
    assert taken[0].starts_at <= slot.starts_at < taken[0].starts_at + CELL
    assert taken[-1].starts_at < slot.ends_at <= taken[-1].starts_at + CELL
    assert {later.starts_at - earlier.starts_at for earlier, later in zip(taken, taken[1:], strict=False)} <= {CELL}


def test_a_slot_is_free_only_where_one_counter_has_all_of_it_free():
    slot = _slot(0, 30)
    half_of_each = {calendar.cells(slot, 1)[0], calendar.cells(slot, 2)[-1]}
    assert not calendar.is_free(slot, counters=2, taken=half_of_each)
    assert calendar.is_free(slot, counters=3, taken=half_of_each)
