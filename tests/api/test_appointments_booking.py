"""Promises of booking: never two people at one counter, whoever presses at the same moment, and a fair tally.

Every promise is kept on SQLite and, where LOTSE_TEST_POSTGRES names a server, on PostgreSQL.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from api import clock
from api.appointments import service
from api.appointments.calendar import Slot, cells, is_free
from api.appointments.models import Appointment, AppointmentCell
from api.appointments.schemas import BookAppointment
from api.conversations.models import Conversation
from api.database import Database
from api.identifiers import token_hash
from api.problems import Problem
from api.settings import Settings
from knowledge.tenants import Tenant, load_tenants

MUSTERKREIS = load_tenants(Path(__file__).resolve().parents[2] / "knowledge")["musterkreis"]
Answer = TypeVar("Answer")
SETTINGS = Settings(service_token="service-token")
NOW = datetime(2026, 11, 23, 7, 0, tzinfo=clock.BERLIN)  # a Monday
NINE = datetime(2026, 11, 24, 9, 0, tzinfo=clock.BERLIN)  # Tuesday: Musterstadt and Neustadt am See are open
MUSTERSTADT, NEUSTADT = "musterstadt", "neustadt-am-see"  # three counters, one counter


@pytest.fixture
def database(either_database: Database) -> Database:
    return either_database


@pytest.fixture(autouse=True)
def _monday_at_seven(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


def wish(
    starts_at: datetime = NINE,
    *,
    site: str = MUSTERSTADT,
    person: int = 1,
    kind: str = "leistungsberatung",
    **more: str,
) -> BookAppointment:
    return BookAppointment.model_validate(
        {
            "service": kind,
            "site": site,
            "starts_at": starts_at,
            "name": f"Person {person}",
            "contact": f"person{person}@mail.example",
            **more,
        }
    )


def book(
    database: Database, request: BookAppointment, *, tenant: Tenant = MUSTERKREIS, key: str | None = None
) -> Appointment:
    with database.write() as session:
        return service.book(session, tenant=tenant, request=request, settings=SETTINGS, idempotency_key=key)


def change(session: Session, appointment_id: str) -> Appointment:
    return service.open_appointment(
        session, appointment_id=appointment_id, token="service-token", settings=SETTINGS, to_change=True
    )


def move(
    database: Database, appointment: Appointment, to: datetime, *, site: str | None = None, tenant: Tenant = MUSTERKREIS
) -> Appointment:
    with database.write() as session:
        return service.move(
            session, tenant=tenant, appointment=change(session, appointment.id), starts_at=to, site_id=site
        )


def cancel(database: Database, appointment: Appointment) -> None:
    with database.write() as session:
        service.cancel(session, tenant=MUSTERKREIS, appointment=change(session, appointment.id))


def free(
    session: Session,
    *,
    site: str = MUSTERSTADT,
    kind: str = "leistungsberatung",
    day: datetime = NINE,
    tenant: Tenant = MUSTERKREIS,
) -> list[Slot]:
    midnight = day.replace(hour=0, minute=0)
    return service.free_slots(
        session,
        tenant=tenant,
        service=service.find_service(tenant, kind),
        sites=[service.find_site(tenant, site)],
        earliest=midnight,
        before=midnight + timedelta(days=1),
    )


def stored(database: Database, appointment: Appointment) -> tuple[Appointment, set[datetime]]:
    """The appointment as it is in the database, and the cells it holds."""
    with database.read() as session:
        held = session.scalars(
            select(AppointmentCell.starts_at).where(AppointmentCell.appointment_id == appointment.id)
        )
        return session.get_one(Appointment, appointment.id), set(held)


def at_once(*calls: Callable[[], Answer]) -> list[Answer | Problem]:
    """Call all in threads that start together; a problem is an answer too, anything else is an error."""
    barrier = Barrier(len(calls))

    def run(call: Callable[[], Answer]) -> Answer | Problem:
        barrier.wait()
        try:
            return call()
        except Problem as problem:
            return problem

    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result() for future in [pool.submit(run, call) for call in calls]]


def booked_and_refused(answers: list) -> tuple[list[Appointment], list[Problem]]:
    return (
        [answer for answer in answers if isinstance(answer, Appointment)],
        [answer for answer in answers if isinstance(answer, Problem)],
    )


# --- Two people, one slot ---------------------------------------------------------------------------------------


def test_two_people_confirming_the_same_slot_get_exactly_one(database: Database):
    booked, refused = booked_and_refused(
        at_once(*(lambda person=person: book(database, wish(site=NEUSTADT, person=person)) for person in (1, 2)))
    )
    assert len(booked) == 1
    assert [(problem.status, problem.identifier) for problem in refused] == [(409, "slot-gone")]
    alternatives = refused[0].extra["alternatives"]
    assert [f"{slot.starts_at:%H:%M}" for slot in alternatives] == ["09:30", "10:00", "10:30", "11:00", "11:30"]
    assert {slot.site for slot in alternatives} == {NEUSTADT}


def test_twenty_people_confirming_the_same_slot_get_as_many_as_there_are_counters(database: Database):
    booked, refused = booked_and_refused(
        at_once(*(lambda person=person: book(database, wish(person=person)) for person in range(20)))
    )
    assert sorted(appointment.counter for appointment in booked) == [1, 2, 3]
    assert len(refused) == 17
    assert {problem.identifier for problem in refused} == {"slot-gone"}
    for problem in refused:
        assert len(problem.extra["alternatives"]) == 5
        assert all(slot.starts_at != NINE for slot in problem.extra["alternatives"])
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Appointment)) == 3


def test_different_services_share_the_counters(database: Database):
    """A 45-minute and a 15-minute appointment that overlap cannot both be at the only counter."""
    at_quarter_to_ten = NINE + timedelta(minutes=45)
    wishes = [
        wish(at_quarter_to_ten, site=NEUSTADT, person=1, kind="erstantrag"),
        wish(at_quarter_to_ten + timedelta(minutes=15), site=NEUSTADT, person=2, kind="unterlagen"),
        wish(at_quarter_to_ten + timedelta(minutes=30), site=NEUSTADT, person=3, kind="unterlagen"),
    ]
    booked, refused = booked_and_refused(
        at_once(*(lambda request=request: book(database, request) for request in wishes))
    )
    assert {appointment.service for appointment in booked} in ({"erstantrag"}, {"unterlagen"})
    assert len(booked) == (1 if booked[0].service == "erstantrag" else 2)
    assert {problem.identifier for problem in refused} == {"slot-gone"}


def test_the_database_itself_refuses_a_second_appointment_on_a_counter(database: Database):
    first, second = book(database, wish(person=1)), book(database, wish(NINE + timedelta(hours=1), person=2))
    cell = {"tenant": "musterkreis", "site": MUSTERSTADT, "counter": first.counter, "starts_at": clock.utc(NINE)}
    with pytest.raises(IntegrityError), database.write() as session:
        session.execute(insert(AppointmentCell).values(**cell, appointment_id=second.id))


def test_the_next_offers_come_from_another_site_where_this_one_is_full(database: Database):
    tenant = MUSTERKREIS.model_copy(
        update={"booking": MUSTERKREIS.booking.model_copy(update={"horizon_days": 1, "open_bookings_per_contact": 99})}
    )
    with database.read() as session:
        slots = free(session, site=NEUSTADT, tenant=tenant)
    for slot in slots:
        book(database, wish(slot.starts_at, site=NEUSTADT), tenant=tenant)
    with pytest.raises(Problem) as refused:
        book(database, wish(site=NEUSTADT, person=2), tenant=tenant)
    alternatives = refused.value.extra["alternatives"]
    assert len(alternatives) == 5
    assert NEUSTADT not in {slot.site for slot in alternatives}


# --- The same send twice ----------------------------------------------------------------------------------------


def test_a_repeated_send_gives_the_same_appointment_also_when_all_arrive_at_once(database: Database):
    answers = at_once(*[lambda: book(database, wish(), key="ein-klick-zuviel")] * 8)
    again = book(database, wish(), key="ein-klick-zuviel")
    assert {answer.id for answer in answers} == {again.id}
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Appointment)) == 1


def test_a_repeated_send_shows_the_same_link(database: Database):
    links = [
        service.describe(book(database, wish(), key="ein-klick-zuviel"), tenant=MUSTERKREIS, settings=SETTINGS)
        for _ in range(2)
    ]
    assert links[0].manage_url
    assert links[0].manage_url == links[1].manage_url


def test_a_repeated_send_after_a_new_service_token_gets_a_link_that_opens(database: Database):
    first = book(database, wish(), key="ein-klick-zuviel")
    renewed = SETTINGS.model_copy(update={"service_token": "another-service-token"})
    assert service.describe(first, tenant=MUSTERKREIS, settings=renewed).manage_url is None
    with database.write() as session:
        again = service.book(
            session, tenant=MUSTERKREIS, request=wish(), settings=renewed, idempotency_key="ein-klick-zuviel"
        )
    link = service.describe(again, tenant=MUSTERKREIS, settings=renewed).manage_url
    with database.read() as session:
        opened = service.open_appointment(
            session, appointment_id=first.id, token=link.partition("token=")[2], settings=renewed
        )
    assert opened.id == first.id


def test_the_database_itself_refuses_a_second_appointment_under_one_key(database: Database):
    first, second = book(database, wish(person=1), key="ein-klick-zuviel"), book(database, wish(person=2))
    with pytest.raises(IntegrityError), database.write() as session:
        session.get_one(Appointment, second.id).idempotency_hash = first.idempotency_hash


def test_a_key_of_another_booking_opens_nothing(database: Database):
    book(database, wish(person=1), key="ein-klick-zuviel")
    with pytest.raises(Problem) as refused:
        book(database, wish(person=2), key="ein-klick-zuviel")
    assert (refused.value.status, refused.value.identifier) == (422, "idempotency-key-reused")


# --- The tally --------------------------------------------------------------------------------------------------


def test_one_contact_holds_no_more_open_bookings_than_allowed_also_when_all_are_pressed_at_once(database: Database):
    wishes = [wish(NINE + number * timedelta(minutes=30)) for number in range(6)]
    booked, refused = booked_and_refused(
        at_once(*(lambda request=request: book(database, request) for request in wishes))
    )
    assert len(booked) == MUSTERKREIS.booking.open_bookings_per_contact
    assert {(problem.status, problem.identifier) for problem in refused} == {(422, "too-many-bookings")}


def test_another_spelling_of_a_contact_does_not_help_hoarding(database: Database):
    spellings = ["erika@mail.example", "Erika+2@mail.example", "ERIKA@MAIL.EXAMPLE"]
    for number, contact in enumerate(spellings):
        book(database, wish(NINE + number * timedelta(minutes=30), contact=contact))
    with pytest.raises(Problem, match="schon 3 Termine gebucht"):
        book(database, wish(NINE + timedelta(hours=2), contact="erika+4@mail.example"))


def test_cancelled_and_past_bookings_do_not_count(database: Database, monkeypatch: pytest.MonkeyPatch):
    first, *_ = [book(database, wish(NINE + number * timedelta(minutes=30))) for number in range(3)]
    cancel(database, first)
    book(database, wish(NINE + timedelta(minutes=90)))
    with pytest.raises(Problem, match="schon 3 Termine"):
        book(database, wish(NINE + timedelta(minutes=120)))
    monkeypatch.setattr(clock, "now", lambda: NINE + timedelta(days=1))
    next_week = NINE + timedelta(days=7)
    assert [book(database, wish(next_week + number * timedelta(minutes=30))).tally for number in range(3)] == [1, 2, 3]


# --- Moving -----------------------------------------------------------------------------------------------------


def test_a_moved_appointment_frees_its_old_slot_and_keeps_its_identity(database: Database):
    appointment = book(database, wish(site=NEUSTADT))
    moved = move(database, appointment, NINE + timedelta(hours=1))
    assert (moved.id, moved.code, moved.token_hash) == (appointment.id, appointment.code, appointment.token_hash)
    assert moved.sequence == 1
    now, held = stored(database, appointment)
    assert now.starts_at == NINE + timedelta(hours=1)
    assert held == {clock.utc(NINE) + timedelta(minutes=60 + 5 * number) for number in range(6)}
    with database.read() as session:
        assert NINE in {slot.starts_at for slot in free(session, site=NEUSTADT)}


def test_an_appointment_can_be_moved_to_another_site(database: Database):
    appointment = book(database, wish(site=NEUSTADT))
    move(database, appointment, NINE + timedelta(hours=1), site=MUSTERSTADT)
    now, _ = stored(database, appointment)
    assert (now.site, now.starts_at) == (MUSTERSTADT, NINE + timedelta(hours=1))


def test_two_people_moving_to_the_same_slot_get_exactly_one_and_the_other_keeps_the_old(database: Database):
    target = NINE + timedelta(hours=2)
    both = [book(database, wish(NINE + number * timedelta(hours=1), site=NEUSTADT, person=number)) for number in (0, 1)]
    answers = at_once(*(lambda appointment=appointment: move(database, appointment, target) for appointment in both))
    moved, refused = booked_and_refused(answers)
    assert len(moved) == 1
    assert [problem.identifier for problem in refused] == ["slot-gone"]
    assert len(refused[0].extra["alternatives"]) == 5
    loser = next(appointment for appointment in both if appointment.id != moved[0].id)
    now, held = stored(database, loser)
    assert (now.starts_at, now.sequence) == (loser.starts_at, 0)
    assert min(held) == loser.starts_at
    assert len(held) == 6


def test_two_people_who_want_each_others_slot_are_both_refused_and_keep_theirs(database: Database):
    one = book(database, wish(NINE, site=NEUSTADT, person=1))
    other = book(database, wish(NINE + timedelta(hours=1), site=NEUSTADT, person=2))
    _, refused = booked_and_refused(
        at_once(
            lambda: move(database, one, NINE + timedelta(hours=1)),
            lambda: move(database, other, NINE),
        )
    )
    assert [problem.identifier for problem in refused] == ["slot-gone"] * 2
    assert stored(database, one)[0].starts_at == NINE
    assert stored(database, other)[0].starts_at == NINE + timedelta(hours=1)


def test_an_appointment_can_move_onto_a_part_of_its_own_time(database: Database):
    """The office opens a quarter of an hour later than when the appointment was booked."""
    appointment = book(database, wish(site=NEUSTADT))
    site = service.find_site(MUSTERKREIS, NEUSTADT)
    later = [hours.model_copy(update={"opens": hours.opens.replace(minute=15)}) for hours in site.hours]
    tenant = MUSTERKREIS.model_copy(update={"sites": [site.model_copy(update={"hours": later})]})
    move(database, appointment, NINE + timedelta(minutes=15), tenant=tenant)
    _, held = stored(database, appointment)
    assert held == {clock.utc(NINE) + timedelta(minutes=15 + 5 * number) for number in range(6)}


def test_moving_to_the_time_one_has_changes_nothing(database: Database):
    appointment = book(database, wish())
    assert move(database, appointment, NINE).sequence == 0


def test_a_move_is_checked_like_a_booking(database: Database):
    appointment = book(database, wish())
    with pytest.raises(Problem) as refused:
        move(database, appointment, NINE + timedelta(minutes=7))
    assert (refused.value.status, refused.value.identifier) == (422, "no-slot-starts-then")
    with pytest.raises(Problem) as refused:
        move(database, appointment, NINE, site="atlantis")
    assert (refused.value.status, refused.value.identifier) == (422, "unknown-site")
    assert stored(database, appointment)[0].starts_at == NINE


# --- Cancelling -------------------------------------------------------------------------------------------------


def test_a_cancelled_slot_is_free_again_at_once(database: Database):
    appointment = book(database, wish(site=NEUSTADT))
    with database.read() as session:
        assert NINE not in {slot.starts_at for slot in free(session, site=NEUSTADT)}
    cancel(database, appointment)
    with database.read() as session:
        assert NINE in {slot.starts_at for slot in free(session, site=NEUSTADT)}
    assert book(database, wish(site=NEUSTADT, person=2)).starts_at == NINE


def test_cancelling_twice_changes_nothing_and_a_cancelled_appointment_stays_cancelled(database: Database):
    appointment = book(database, wish())
    cancel(database, appointment)
    cancel(database, appointment)
    now, held = stored(database, appointment)
    assert (now.status, now.sequence, held) == ("cancelled", 1, set())
    with pytest.raises(Problem) as refused:
        move(database, appointment, NINE + timedelta(hours=1))
    assert refused.value.status == 410


def test_moving_and_cancelling_at_once_ends_cancelled_and_holds_no_counter(database: Database):
    appointment = book(database, wish())
    at_once(
        lambda: cancel(database, appointment),
        *(lambda hours=hours: move(database, appointment, NINE + timedelta(hours=hours)) for hours in (1, 2)),
    )
    now, held = stored(database, appointment)
    assert (now.status, held) == ("cancelled", set())


def test_what_has_begun_can_no_longer_be_changed(database: Database, monkeypatch: pytest.MonkeyPatch):
    appointment = book(database, wish())
    monkeypatch.setattr(clock, "now", lambda: NINE + timedelta(minutes=1))
    for attempt in (lambda: cancel(database, appointment), lambda: move(database, appointment, NINE)):
        with pytest.raises(Problem) as refused:
            attempt()
        assert (refused.value.status, refused.value.identifier) == (410, "appointment-past")


def test_within_the_tenants_notice_one_is_asked_to_call(database: Database, monkeypatch: pytest.MonkeyPatch):
    appointment = book(database, wish())
    rules = MUSTERKREIS.booking.model_copy(update={"minimum_notice_cancel_hours": 24})
    tenant = MUSTERKREIS.model_copy(update={"booking": rules})
    monkeypatch.setattr(clock, "now", lambda: NINE - timedelta(hours=23))
    with pytest.raises(Problem, match="Bitte rufen Sie uns an") as refused, database.write() as session:
        service.cancel(session, tenant=tenant, appointment=change(session, appointment.id))
    assert refused.value.status == 422


# --- Personal data ----------------------------------------------------------------------------------------------


def test_deleting_a_conversation_does_not_cancel_the_appointment(database: Database):
    with database.write() as session:
        session.add(
            Conversation(
                id="gespraech", tenant="musterkreis", channel="web", token_hash=token_hash("geheim"),
                created_at=NOW, updated_at=NOW,
            )
        )  # fmt: skip
    with database.write() as session:
        appointment = service.book(
            session,
            tenant=MUSTERKREIS,
            request=wish(conversation="gespraech"),
            settings=SETTINGS,
            caller="geheim",
        )
    with database.write() as session:
        assert [known.id for known in service.booked_in_conversation(session, "gespraech")] == [appointment.id]
        session.execute(delete(Conversation))
    now, held = stored(database, appointment)
    assert (now.status, now.conversation_id, len(held)) == ("booked", None, 6)


def test_personal_data_is_erased_after_the_retention_period_and_not_before(
    database: Database, monkeypatch: pytest.MonkeyPatch
):
    past = book(database, wish(concern="Miete", person=1), key="ein-klick-zuviel")
    cancelled = book(database, wish(NINE + timedelta(days=42), person=2))
    coming = book(database, wish(NINE + timedelta(days=42), person=3))
    cancel(database, cancelled)

    def erase(moment: datetime) -> int:
        monkeypatch.setattr(clock, "now", lambda: moment)
        with database.write() as session:
            return service.erase_expired(session, retention_days=30)

    assert erase(NINE + timedelta(days=29)) == 1  # only the one cancelled a day before
    assert erase(NINE + timedelta(days=31)) == 1
    for appointment in (past, cancelled):
        row, held = stored(database, appointment)
        assert [row.name, row.contact, row.contact_key, row.concern, row.request_hash] == [None] * 5
        assert held == set()
    row, held = stored(database, coming)
    assert (row.name, row.contact, len(held)) == ("Person 3", "person3@mail.example", 6)


# --- Whatever people do -----------------------------------------------------------------------------------------

PLACES = st.tuples(st.sampled_from([MUSTERSTADT, NEUSTADT]), st.integers(0, 11))
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("book"), st.sampled_from(["unterlagen", "leistungsberatung", "erstantrag"]), PLACES),
        st.tuples(st.just("move"), st.integers(0, 30), PLACES),
        st.tuples(st.just("cancel"), st.integers(0, 30), PLACES),
    ),
    max_size=30,
)
CROWD = [("book", "erstantrag", (NEUSTADT, 0)), ("book", "unterlagen", (NEUSTADT, 1)), ("cancel", 0, (NEUSTADT, 0))]


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
@example(
    CROWD + [("book", "unterlagen", (NEUSTADT, 1)), ("move", 1, (NEUSTADT, 0)), ("book", "erstantrag", (NEUSTADT, 0))]
)
def test_whatever_people_book_move_and_cancel_no_counter_has_two_and_every_rest_is_free(database: Database, steps):
    with database.write() as session:
        session.execute(delete(AppointmentCell))
        session.execute(delete(Appointment))
    made: list[Appointment] = []
    for number, (action, what, (site, step)) in enumerate(steps):
        try:
            if action == "book":
                starts_at = NINE + step * timedelta(minutes=15)
                made.append(book(database, wish(starts_at, site=site, person=number, kind=what)))
            elif made and action == "move":
                move(database, made[what % len(made)], NINE + step * timedelta(minutes=15), site=site)
            elif made:
                cancel(database, made[what % len(made)])
        except Problem as problem:
            assert problem.status in {409, 410, 422}
        _check_every_counter(database)


def _check_every_counter(database: Database) -> None:
    with database.read() as session:
        booked = session.scalars(select(Appointment).where(Appointment.status == "booked")).all()
        for one in booked:
            for other in booked:
                if one.id != other.id and (one.site, one.counter) == (other.site, other.counter):
                    assert one.ends_at <= other.starts_at or other.ends_at <= one.starts_at
        expected = {
            cell for one in booked for cell in cells(Slot(one.starts_at, one.ends_at, one.site), one.counter or 0)
        }
        held = session.execute(select(AppointmentCell.site, AppointmentCell.counter, AppointmentCell.starts_at))
        assert sorted(tuple(row) for row in held) == sorted((c.site, c.counter, c.starts_at) for c in expected)
        for site in (MUSTERSTADT, NEUSTADT):
            counters = service.find_site(MUSTERKREIS, site).counters
            duration = timedelta(minutes=30)
            opening = [NINE.astimezone(UTC) + number * duration for number in range(6)]
            unoccupied = {
                at for at in opening if is_free(Slot(at, at + duration, site), counters=counters, taken=expected)
            }
            assert unoccupied == {slot.starts_at for slot in free(session, site=site)} & set(opening)
