"""Rules of appointments: what is free, booking, moving and cancelling without ever booking a counter twice."""

import hashlib
from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import cast

from sqlalchemy import CursorResult, delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from api import clock
from api.appointments import calendar, links, spoken_codes
from api.appointments.calendar import CELL, Cell, Slot
from api.appointments.contacts import contact_key
from api.appointments.models import Appointment, AppointmentCell
from api.appointments.schemas import (
    AppointmentOut,
    BookAppointment,
    OpeningOut,
    ServiceOut,
    SiteOut,
    SlotOut,
)
from api.conversations.service import open_conversation
from api.dependencies import is_service
from api.identifiers import new_id, readable_code, token_hash, token_matches
from api.problems import Problem
from api.settings import Settings
from knowledge.tenants import Service, Site, Tenant

SLOTS_AT_MOST = 1000
ALTERNATIVES = 5
# Looked for near the wanted time first: on most days that is enough, and others wait for this transaction.
ALTERNATIVES_WITHIN = (timedelta(days=2), timedelta(days=14))
CODE_LENGTH = 6
# How many days of occupied cells are read at a time: most callers want the first few slots only.
DAYS_AT_A_TIME = 14


# --- What the office offers -------------------------------------------------------------------------------------


def sites(tenant: Tenant) -> list[SiteOut]:
    """The tenant's sites with their weekly hours."""
    return [
        SiteOut(
            id=site.id,
            name=site.name,
            address=site.address,
            postcode=site.postcodes[0] if site.postcodes else "",
            phone=site.phone,
            transport=site.transport,
            accessibility=site.accessibility,
            hours=[
                OpeningOut(weekday=weekday, opens=f"{hours.opens:%H:%M}", closes=f"{hours.closes:%H:%M}")
                for hours in site.hours
                for weekday in hours.weekdays
            ],
        )
        for site in tenant.sites
    ]


def services(tenant: Tenant) -> list[ServiceOut]:
    """What appointments can be booked for."""
    return [ServiceOut.model_validate(service, from_attributes=True) for service in tenant.services]


def find_service(tenant: Tenant, service_id: str) -> Service:
    """The service, or a 422 problem."""
    found = tenant.service(service_id)
    if found is None:
        raise Problem(422, "unknown-service", "Für dieses Anliegen gibt es hier keine Termine.")
    return found


def find_site(tenant: Tenant, site_id: str) -> Site:
    """The site, or a 422 problem."""
    found = tenant.site(site_id)
    if found is None:
        raise Problem(422, "unknown-site", "Diesen Standort gibt es nicht.")
    return found


def slots(
    session: Session,
    *,
    tenant: Tenant,
    service_id: str,
    site_id: str | None,
    first: str | None,
    last: str | None,
    limit: int,
) -> list[SlotOut]:
    """Free slots in order of time. `first` and `last` are dates (`last` included) or moments (`last` excluded)."""
    service = find_service(tenant, service_id)
    earliest, before = _span(tenant, first, last)
    found = free_slots(
        session,
        tenant=tenant,
        service=service,
        sites=[find_site(tenant, site_id)] if site_id else _sites_of(tenant, service),
        earliest=earliest,
        before=before,
        limit=limit,
    )
    return [slot_out(slot) for slot in found]


def free_slots(
    session: Session,
    *,
    tenant: Tenant,
    service: Service,
    sites: Sequence[Site],
    earliest: datetime,
    before: datetime,
    limit: int = SLOTS_AT_MOST,
    moving: Appointment | None = None,
) -> list[Slot]:
    """Free slots that start in `earliest <= t < before`, in order of time.

    For an appointment that is `moving` its own cells count as free, and the slot it has now is left out.
    """
    now = clock.now()
    bookable_from, last_day = calendar.bookable_range(tenant, now)
    earliest = max(earliest, bookable_from)
    before = min(before, calendar.wall_time(last_day + calendar.DAY, datetime.min.time()))
    found: list[Slot] = []
    while earliest < before and len(found) < limit:
        until = min(before, earliest + timedelta(days=DAYS_AT_A_TIME))
        taken = _taken_cells(session, tenant, sites, earliest, until, moving)
        candidates = sorted(
            slot
            for site in sites
            for day in calendar.days_between(earliest, until)
            for slot in calendar.offered_slots(tenant=tenant, service=service, site=site, day=day, now=now)
            if earliest <= slot.starts_at < until and not _is_place_of(moving, slot)
        )
        counters = {site.id: site.counters for site in sites}
        found += [slot for slot in candidates if calendar.is_free(slot, counters=counters[slot.site], taken=taken)]
        earliest = until
    return found[:limit]


def slot_out(slot: Slot) -> SlotOut:
    """A slot as the public interface shows it."""
    return SlotOut(starts_at=slot.starts_at, ends_at=slot.ends_at, site=slot.site)


# --- Booking ----------------------------------------------------------------------------------------------------


def book(
    session: Session,
    *,
    tenant: Tenant,
    request: BookAppointment,
    settings: Settings,
    caller: str | None = None,
    idempotency_key: str | None = None,
) -> Appointment:
    """Book a slot. The same request under the same idempotency key gives the same appointment.

    Problems: 422 for a time that is not offered or a contact with too many open bookings, 409 `slot-gone` with
    alternatives where others were faster, 401 or 403 where the `caller`'s token does not open the conversation.
    """
    if request.conversation:
        open_conversation(session, request.conversation, caller, settings)
    asked = _request_hash(request, idempotency_key)
    if known := _booked_before(session, tenant, idempotency_key, asked, settings):
        return known
    service, site = find_service(tenant, request.service), find_site(tenant, request.site)
    slot = _bookable(session, tenant, service, site, request.starts_at)
    appointment_id = new_id()
    row = {
        "id": appointment_id,
        "tenant": tenant.id,
        "service": service.id,
        "site": site.id,
        "starts_at": slot.starts_at,
        "ends_at": slot.ends_at,
        "token_hash": token_hash(links.token_for(appointment_id, settings)),
        "spoken_code_hash": spoken_codes.choose_code_hash(
            session, tenant=tenant.id, appointment_id=appointment_id, name=request.name, settings=settings
        ),
        "language": request.language,
        "conversation_id": request.conversation,
        "name": request.name,
        "contact": request.contact,
        "contact_key": contact_key(request.contact),
        "concern": request.concern or None,
        "idempotency_hash": _hash(idempotency_key) if idempotency_key else None,
        "request_hash": asked,
        "created_at": clock.now(),
        "updated_at": clock.now(),
    }
    for tally in _free_tally(session, tenant, contact_key(request.contact)):
        try:
            with session.begin_nested():
                session.execute(insert(Appointment).values(**row, tally=tally, code=readable_code(CODE_LENGTH)))
            break
        except IntegrityError:  # at the same moment: the same send again, or another booking of the same contact
            if known := _booked_before(session, tenant, idempotency_key, asked, settings):
                return known
    else:
        raise _too_many(tenant)
    appointment = session.get_one(Appointment, appointment_id)
    if not _take(session, appointment, slot, counters=site.counters):
        raise _slot_gone(session, tenant, service, slot)
    return appointment


def booked_in_conversation(session: Session, conversation_id: str) -> list[Appointment]:
    """The open appointments that were booked in a conversation, the next one first."""
    return list(
        session.scalars(
            select(Appointment)
            .where(
                Appointment.conversation_id == conversation_id,
                Appointment.status == "booked",
                Appointment.ends_at > clock.now(),
            )
            .order_by(Appointment.starts_at)
        )
    )


# --- One appointment --------------------------------------------------------------------------------------------


def open_appointment(
    session: Session, *, appointment_id: str, token: str | None, settings: Settings, to_change: bool = False
) -> Appointment:
    """The appointment, after its own token or the service token was checked (401, 403, 404 problems).

    `to_change` holds it until the end of the transaction, so that two changes come one after the other.
    """
    found = session.get(Appointment, appointment_id, with_for_update=to_change or None)
    if found is None:
        raise Problem(404, "unknown-appointment", "Diesen Termin gibt es nicht.")
    if not token:
        detail = "Für diesen Termin fehlt der Schlüssel. Bitte nutzen Sie den Link aus Ihrer Bestätigung."
        raise Problem(401, "no-token", detail, headers={"WWW-Authenticate": "Bearer"})
    if not token_matches(token, found.token_hash) and not is_service(token, settings):
        raise Problem(403, "wrong-token", "Dieser Schlüssel gehört nicht zu diesem Termin.")
    return found


def move(
    session: Session, *, tenant: Tenant, appointment: Appointment, starts_at: datetime, site_id: str | None = None
) -> Appointment:
    """Give an appointment another slot. Where that one is gone (409) the old one stays as it was."""
    _still_changeable(tenant, appointment)
    service = find_service(tenant, appointment.service)
    site = find_site(tenant, site_id or appointment.site)
    if (site.id, starts_at) == (appointment.site, appointment.starts_at):
        return appointment
    slot = _bookable(session, tenant, service, site, starts_at, moving=appointment)
    if not _take(session, appointment, slot, counters=site.counters):
        raise _slot_gone(session, tenant, service, slot, moving=appointment)
    appointment.site, appointment.starts_at, appointment.ends_at = slot.site, slot.starts_at, slot.ends_at
    appointment.sequence += 1
    appointment.updated_at = clock.now()
    return appointment


def cancel(session: Session, *, tenant: Tenant, appointment: Appointment) -> None:
    """Cancel an appointment and free its slot. Cancelling again changes nothing."""
    if appointment.status == "cancelled":
        return
    _still_changeable(tenant, appointment)
    session.execute(delete(AppointmentCell).where(AppointmentCell.appointment_id == appointment.id))
    appointment.status = "cancelled"
    appointment.tally = None
    appointment.sequence += 1
    appointment.cancelled_at = appointment.updated_at = clock.now()


def describe(
    appointment: Appointment, *, tenant: Tenant, settings: Settings, token: str | None = None
) -> AppointmentOut:
    """An appointment as its holder sees it; with links where the key is known."""
    known_keys = (token or "", links.token_for(appointment.id, settings))
    key = next((key for key in known_keys if token_matches(key, appointment.token_hash)), None)
    service, site = tenant.service(appointment.service), tenant.site(appointment.site)
    return AppointmentOut(
        id=appointment.id,
        code=appointment.code,
        status="cancelled" if appointment.status == "cancelled" else "booked",
        sequence=appointment.sequence,
        service=appointment.service,
        service_name=service.name if service else appointment.service,
        site=appointment.site,
        site_name=site.name if site else appointment.site,
        address=site.address if site else "",
        starts_at=appointment.starts_at,
        ends_at=appointment.ends_at,
        name=appointment.name,
        bring=service.bring if service else [],
        manage_url=links.manage_url(appointment.id, key, settings) if key else None,
        ics_url=links.ics_url(appointment.id, key, settings) if key else None,
    )


def erase_expired(session: Session, *, retention_days: int) -> int:
    """Empty the personal columns of appointments that ended or were cancelled so long ago; returns how many."""
    limit = clock.now() - timedelta(days=retention_days)
    personal = [column.key for column in Appointment.__table__.columns if column.info.get("personal")]
    erased = session.execute(
        update(Appointment)
        .where(or_(Appointment.ends_at < limit, Appointment.cancelled_at < limit), Appointment.name.is_not(None))
        .values(**dict.fromkeys(personal), tally=None, idempotency_hash=None, request_hash=None, spoken_code_hash=None)
        .execution_options(synchronize_session=False)
    )
    session.execute(delete(AppointmentCell).where(AppointmentCell.starts_at < limit))
    return cast(CursorResult[tuple[()]], erased).rowcount


# --- Parts ------------------------------------------------------------------------------------------------------


def _sites_of(tenant: Tenant, service: Service) -> list[Site]:
    return [site for site in tenant.sites if site.id in service.sites]


def _span(tenant: Tenant, first: str | None, last: str | None) -> tuple[datetime, datetime]:
    """The moments from which and before which slots are wanted."""
    start = _moment(first) if first else clock.now()
    end = _moment(last) if last else clock.today() + timedelta(days=tenant.booking.horizon_days)
    midnight = datetime.min.time()
    earliest = start if isinstance(start, datetime) else calendar.wall_time(start, midnight)
    before = end if isinstance(end, datetime) else calendar.wall_time(end + calendar.DAY, midnight)
    if before < earliest:
        raise Problem(422, "invalid-period", "Das Ende des Zeitraums liegt vor seinem Anfang.")
    return earliest, before


def _moment(text: str) -> date | datetime:
    """A date or an RFC 3339 moment; in an address the `+` of an offset often arrives as a space."""
    text = text.strip()
    try:
        if len(text) == len("2026-11-23"):
            parsed: date | datetime = date.fromisoformat(text)
        else:
            moment = datetime.fromisoformat(text.replace(" ", "+"))
            if moment.tzinfo is None:
                moment = moment.replace(tzinfo=clock.BERLIN)
            parsed = moment.astimezone(UTC)
        if not 2000 <= parsed.year < 2200:
            raise ValueError(text)
    except (ValueError, OverflowError) as error:
        raise Problem(422, "invalid-period", "Bitte geben Sie ein gültiges Datum an.") from error
    return parsed


def _taken_cells(
    session: Session,
    tenant: Tenant,
    sites: Sequence[Site],
    earliest: datetime,
    before: datetime,
    moving: Appointment | None,
) -> Collection[Cell]:
    """The occupied cells that can touch a slot which starts in this span."""
    longest = timedelta(minutes=max(service.duration_minutes for service in tenant.services))
    query = select(AppointmentCell.site, AppointmentCell.counter, AppointmentCell.starts_at).where(
        AppointmentCell.tenant == tenant.id,
        AppointmentCell.site.in_([site.id for site in sites]),
        AppointmentCell.starts_at > earliest - CELL,
        AppointmentCell.starts_at < before + longest,
    )
    if moving is not None:
        query = query.where(AppointmentCell.appointment_id != moving.id)
    return {Cell(site, counter, starts_at) for site, counter, starts_at in session.execute(query)}


def _is_place_of(moving: Appointment | None, slot: Slot) -> bool:
    return moving is not None and (moving.site, moving.starts_at) == (slot.site, slot.starts_at)


def _bookable(
    session: Session,
    tenant: Tenant,
    service: Service,
    site: Site,
    starts_at: datetime,
    moving: Appointment | None = None,
) -> Slot:
    """The offered slot with this start, or a 422 problem that says why there is none."""
    starts_at = clock.utc(starts_at)
    slot = Slot(starts_at, starts_at + timedelta(minutes=service.duration_minutes), site.id)
    refused = calendar.refusal(tenant=tenant, service=service, site=site, starts_at=starts_at, now=clock.now())
    if refused:
        raise Problem(
            422,
            refused.identifier,
            refused.detail,
            alternatives=_alternatives(session, tenant, service, slot, moving=moving),
        )
    return slot


def _take(session: Session, appointment: Appointment, slot: Slot, *, counters: int) -> bool:
    """Occupy the cells of a slot at the first counter that has them free, then release the appointment's old ones.

    The primary key of the cells decides, not a look before. New cells come before old ones go, and in order of time:
    so two moves that want each other's place are both refused instead of waiting for each other for ever.
    """
    held = {
        (cell.site, cell.counter, cell.starts_at)
        for cell in session.scalars(select(AppointmentCell).where(AppointmentCell.appointment_id == appointment.id))
    }
    for counter in range(1, counters + 1):
        wanted = [(cell.site, cell.counter, cell.starts_at) for cell in calendar.cells(slot, counter)]
        missing = [
            {
                "tenant": appointment.tenant,
                "site": site,
                "counter": number,
                "starts_at": starts_at,
                "appointment_id": appointment.id,
            }
            for site, number, starts_at in wanted
            if (site, number, starts_at) not in held
        ]
        try:
            with session.begin_nested():
                if missing:
                    session.execute(insert(AppointmentCell), missing)
        except IntegrityError:
            continue
        for site, number, starts_at in held - set(wanted):
            session.execute(
                delete(AppointmentCell).where(
                    AppointmentCell.tenant == appointment.tenant,
                    AppointmentCell.site == site,
                    AppointmentCell.counter == number,
                    AppointmentCell.starts_at == starts_at,
                )
            )
        appointment.counter = counter
        session.flush()
        return True
    return False


def _alternatives(
    session: Session, tenant: Tenant, service: Service, wanted: Slot, moving: Appointment | None = None
) -> list[SlotOut]:
    """The free slots nearest to the wanted one: at its site first, then elsewhere; in order of time."""
    here = [site for site in _sites_of(tenant, service) if site.id == wanted.site]
    elsewhere = [site for site in _sites_of(tenant, service) if site.id != wanted.site]
    # A wish outside of what can be booked at all is answered from the nearest end of what can be.
    first, last_day = calendar.bookable_range(tenant, clock.now())
    centre = min(max(wanted.starts_at, first), calendar.wall_time(last_day, datetime.max.time()))
    nearest: list[Slot] = []
    for places, within in product((here, elsewhere), ALTERNATIVES_WITHIN):
        if places and len(nearest) < ALTERNATIVES:
            found = free_slots(
                session,
                tenant=tenant,
                service=service,
                sites=places,
                earliest=centre - within,
                before=centre + within,
                moving=moving,
            )
            found.sort(key=lambda slot: abs(slot.starts_at - wanted.starts_at))
            nearest += [slot for slot in found if slot not in nearest][: ALTERNATIVES - len(nearest)]
    return [slot_out(slot) for slot in sorted(nearest)]


def _slot_gone(
    session: Session, tenant: Tenant, service: Service, slot: Slot, moving: Appointment | None = None
) -> Problem:
    alternatives = _alternatives(session, tenant, service, slot, moving=moving)
    return Problem(
        409,
        "slot-gone",
        "Diese Zeit ist leider gerade vergeben worden. "
        + ("Bitte wählen Sie eine andere Zeit." if alternatives else "In der Nähe dieser Zeit ist nichts mehr frei."),
        alternatives=alternatives,
    )


def _still_changeable(tenant: Tenant, appointment: Appointment) -> None:
    """A 410 problem for what is cancelled or has begun, a 422 problem within the tenant's notice."""
    if appointment.status == "cancelled":
        raise Problem(410, "appointment-cancelled", "Dieser Termin ist abgesagt. Bitte buchen Sie einen neuen.")
    now = clock.utc(clock.now())
    if appointment.starts_at <= now:
        raise Problem(410, "appointment-past", "Dieser Termin hat schon begonnen oder ist vorbei.")
    notice = tenant.booking.minimum_notice_cancel_hours
    if appointment.starts_at < now + timedelta(hours=notice):
        raise Problem(
            422,
            "too-late-to-change",
            f"Dieser Termin beginnt in weniger als {notice} Stunden. Bitte rufen Sie uns an: {tenant.phone}.",
        )


def _free_tally(session: Session, tenant: Tenant, key: str) -> list[int]:
    """The numbers of open bookings that this contact may still use; past bookings give theirs back first."""
    mine = [Appointment.tenant == tenant.id, Appointment.contact_key == key, Appointment.tally.is_not(None)]
    past = session.scalars(
        select(Appointment.id)
        .where(*mine, Appointment.ends_at <= clock.now())
        .order_by(Appointment.id)
        .with_for_update()
    ).all()
    if past:
        session.execute(update(Appointment).where(Appointment.id.in_(past)).values(tally=None))
    used = set(session.scalars(select(Appointment.tally).where(*mine)))
    return [number for number in range(1, tenant.booking.open_bookings_per_contact + 1) if number not in used]


def _too_many(tenant: Tenant) -> Problem:
    limit = tenant.booking.open_bookings_per_contact
    return Problem(
        422,
        "too-many-bookings",
        f"Mit dieser E-Mail-Adresse oder Telefonnummer {'ist' if limit == 1 else 'sind'} schon {limit} "
        f"{'Termin' if limit == 1 else 'Termine'} gebucht. Sagen Sie bitte zuerst einen Termin ab.",
    )


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _request_hash(request: BookAppointment, idempotency_key: str | None) -> str | None:
    """What was asked for, unreadable without the key."""
    return _hash(f"{idempotency_key}\n{request.model_dump_json()}") if idempotency_key else None


def _booked_before(
    session: Session, tenant: Tenant, idempotency_key: str | None, asked: str | None, settings: Settings
) -> Appointment | None:
    """The appointment of an earlier send of this request; a 422 problem where the key belongs to another request."""
    if idempotency_key is None:
        return None
    known = session.scalar(
        select(Appointment).where(
            Appointment.tenant == tenant.id, Appointment.idempotency_hash == _hash(idempotency_key)
        )
    )
    if known is None:
        return None
    if known.request_hash != asked:
        raise Problem(422, "idempotency-key-reused", "Diese Kennung gehört zu einer anderen Buchung.")
    # The sender never saw the first answer; where the service token has changed since, they get a new key.
    known.token_hash = token_hash(links.token_for(known.id, settings))
    return known
