"""Calls about appointments: sites, services, free slots, booking, moving, cancelling, calendar entry."""

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request, Response

from api.appointments import service, spoken_codes
from api.appointments.invitation import calendar_entry
from api.appointments.links import token_for
from api.appointments.models import Appointment
from api.appointments.schemas import (
    AppointmentBooked,
    AppointmentOut,
    BookAppointment,
    FindAppointment,
    MoveAppointment,
    ServiceOut,
    SiteOut,
    SlotOut,
)
from api.conversations.service import open_conversation
from api.dependencies import BearerDependency, DatabaseDependency, SettingsDependency, TenantDependency, tenant_of
from api.languages.catalog import GERMAN
from api.problems import Problem
from api.rate_limit import limit_messages

router = APIRouter(tags=["Termine"])
conversation_router = APIRouter(prefix="/conversations", tags=["Termine"])

Language = Annotated[str, Query(max_length=12)]
IdempotencyKey = Annotated[str | None, Header(alias="Idempotency-Key", min_length=8, max_length=80)]


def appointment_key(bearer: BearerDependency, token: Annotated[str | None, Query(max_length=200)] = None) -> str | None:
    """The key the caller holds: `?token=` of the link, or the Authorization header."""
    return token or bearer


KeyDependency = Annotated[str | None, Depends(appointment_key)]


@router.get("/sites")
def list_sites(tenant: TenantDependency) -> list[SiteOut]:
    """The places where appointments are held, with opening hours."""
    return service.sites(tenant)


@router.get("/services")
def list_services(tenant: TenantDependency, language: Language = GERMAN) -> list[ServiceOut]:
    """What appointments can be booked for, how long they take, and what to bring; in `language` where translated."""
    return [one.in_language(language, tenant.id) for one in service.services(tenant)]


@router.get("/appointments/slots")
def list_slots(
    database: DatabaseDependency,
    tenant: TenantDependency,
    service_id: Annotated[str, Query(alias="service", max_length=60)],
    site: Annotated[str | None, Query(max_length=60)] = None,
    first: Annotated[str | None, Query(alias="from", max_length=40)] = None,
    last: Annotated[str | None, Query(alias="to", max_length=40)] = None,
    limit: Annotated[int, Query(ge=1, le=service.SLOTS_AT_MOST)] = 200,
) -> list[SlotOut]:
    """Free slots in order of time, at one site or at all.

    `from` and `to` are dates or RFC 3339 moments; a date `to` is included, a moment `to` is not.
    """
    with database.read() as session:
        return service.slots(
            session, tenant=tenant, service_id=service_id, site_id=site, first=first, last=last, limit=limit
        )


@router.post("/appointments", status_code=201, dependencies=[Depends(limit_messages)])
def book(
    request: Request,
    body: BookAppointment,
    database: DatabaseDependency,
    settings: SettingsDependency,
    caller: BearerDependency,
    key: IdempotencyKey = None,
) -> AppointmentBooked:
    """Book a slot. 409 with `alternatives` where it has gone; the same Idempotency-Key books once."""
    tenant = tenant_of(request, body.tenant)
    with database.write() as session:
        appointment = service.book(
            session, tenant=tenant, request=body, settings=settings, caller=caller, idempotency_key=key
        )
    described = service.describe(appointment, tenant=tenant, settings=settings)
    return AppointmentBooked(
        **described.model_dump(),
        token=token_for(appointment.id, settings),
        spoken_code=spoken_codes.known_code(appointment, settings),
    )


@router.post("/appointments/find")
def find(
    request: Request,
    body: FindAppointment,
    database: DatabaseDependency,
    settings: SettingsDependency,
    caller: BearerDependency,
) -> AppointmentOut:
    """Open an appointment by its spoken code and the surname. 404 where they do not fit together; after three tries
    in a call, or ten in an hour from one number, 429 with `Retry-After`."""
    limit: spoken_codes.CodeLimit = request.app.state.code_limit
    with database.read() as session:
        conversation = open_conversation(session, body.conversation, caller, settings)
        whose = conversation.caller
        if whose is None and conversation.channel != "phone" and request.client:
            whose = request.client.host
        limit.count_try(conversation=conversation.id, tenant=conversation.tenant, caller=whose)
        found = spoken_codes.find(
            session, tenant=conversation.tenant, code=body.code, name=body.name, settings=settings
        )
    if found is None:
        limit.failed(conversation=conversation.id, tenant=conversation.tenant, caller=whose)
        raise Problem(404, "no-such-appointment", "Zu diesem Code und Namen gibt es keinen Termin.")
    return _described(request, found)


@router.get("/appointments/{appointment_id}.ics", response_class=Response)
def download(
    request: Request,
    appointment_id: str,
    database: DatabaseDependency,
    settings: SettingsDependency,
    key: KeyDependency,
) -> Response:
    """The calendar entry of an appointment."""
    with database.read() as session:
        appointment = service.open_appointment(session, appointment_id=appointment_id, token=key, settings=settings)
    entry = calendar_entry(
        _described(request, appointment, key),
        tenant=tenant_of(request, appointment.tenant),
        changed_at=appointment.updated_at,
    )
    return Response(
        entry,
        media_type="text/calendar; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="termin.ics"', "Cache-Control": "no-store"},
    )


@router.get("/appointments/{appointment_id}")
def read(
    request: Request,
    appointment_id: str,
    database: DatabaseDependency,
    settings: SettingsDependency,
    key: KeyDependency,
) -> AppointmentOut:
    """One appointment, with the key from its link."""
    with database.read() as session:
        appointment = service.open_appointment(session, appointment_id=appointment_id, token=key, settings=settings)
    return _described(request, appointment, key)


@router.patch("/appointments/{appointment_id}", dependencies=[Depends(limit_messages)])
def move(
    request: Request,
    appointment_id: str,
    body: MoveAppointment,
    database: DatabaseDependency,
    settings: SettingsDependency,
    key: KeyDependency,
) -> AppointmentOut:
    """Move an appointment. 409 with `alternatives` where the new slot has gone; the old one is then kept."""
    with database.write() as session:
        appointment = service.open_appointment(
            session, appointment_id=appointment_id, token=key, settings=settings, to_change=True
        )
        tenant = tenant_of(request, appointment.tenant)
        service.move(session, tenant=tenant, appointment=appointment, starts_at=body.starts_at, site_id=body.site)
    return _described(request, appointment, key)


@router.delete("/appointments/{appointment_id}", status_code=204)
def cancel(
    request: Request,
    appointment_id: str,
    database: DatabaseDependency,
    settings: SettingsDependency,
    key: KeyDependency,
) -> Response:
    """Cancel an appointment; its slot is free again at once."""
    with database.write() as session:
        appointment = service.open_appointment(
            session, appointment_id=appointment_id, token=key, settings=settings, to_change=True
        )
        service.cancel(session, tenant=tenant_of(request, appointment.tenant), appointment=appointment)
    return Response(status_code=204)


@conversation_router.get("/{conversation_id}/appointments")
def list_of_conversation(
    request: Request,
    conversation_id: str,
    database: DatabaseDependency,
    settings: SettingsDependency,
    token: BearerDependency,
) -> list[AppointmentOut]:
    """The open appointments booked in a conversation, the next one first."""
    with database.read() as session:
        open_conversation(session, conversation_id, token, settings)
        booked = service.booked_in_conversation(session, conversation_id)
    return [_described(request, appointment) for appointment in booked]


def _described(request: Request, appointment: Appointment, key: str | None = None) -> AppointmentOut:
    return service.describe(
        appointment,
        tenant=tenant_of(request, appointment.tenant),
        settings=request.app.state.settings,
        token=key,
    )
