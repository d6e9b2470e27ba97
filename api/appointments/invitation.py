"""An appointment as a calendar entry (RFC 5545), which calendars update when it is moved or cancelled."""

from datetime import date, datetime

from icalendar import CLASS, STATUS, TRANSP, Calendar, Event, vCalAddress, vText

from api.appointments.schemas import AppointmentOut
from knowledge.tenants import Tenant


def calendar_entry(appointment: AppointmentOut, *, tenant: Tenant, changed_at: datetime) -> bytes:
    """The entry as text/calendar. The same appointment has the same UID for ever; `sequence` says which is newer."""
    cancelled = appointment.status == "cancelled"
    organizer = vCalAddress(f"mailto:{tenant.email}")
    organizer.params["CN"] = vText(tenant.office)
    entry = Event.new(
        uid=appointment.id,
        stamp=changed_at,
        last_modified=changed_at,
        sequence=appointment.sequence,
        status=STATUS.CANCELLED if cancelled else STATUS.CONFIRMED,
        start=appointment.starts_at,
        end=appointment.ends_at,
        summary=f"{'Abgesagt: ' if cancelled else ''}{appointment.service_name}, {tenant.office}",
        location=f"{appointment.site_name}, {appointment.address}",
        description=_description(appointment),
        organizer=organizer,
        classification=CLASS.PRIVATE,
        transparency=TRANSP.TRANSPARENT if cancelled else TRANSP.OPAQUE,
        url=appointment.manage_url,
    )
    calendar = Calendar.new(
        prodid="-//Lotse//Termine//DE",
        uid=f"calendar-{appointment.id}",
        method="CANCEL" if cancelled else "PUBLISH",
        language="de",
        subcomponents=[entry],
    )
    year = appointment.starts_at.year
    calendar.add_missing_timezones(first_date=date(year - 1, 1, 1), last_date=date(year + 1, 12, 31))
    return calendar.to_ical()


def _description(appointment: AppointmentOut) -> str:
    lines = [f"Terminnummer: {appointment.code}"]
    if appointment.status == "cancelled":
        return "\n".join([*lines, "Dieser Termin ist abgesagt."])
    if appointment.bring:
        lines += ["", "Bitte bringen Sie mit:", *(f"- {item}" for item in appointment.bring)]
    if appointment.manage_url:
        lines += ["", "Termin verschieben oder absagen:", appointment.manage_url]
    return "\n".join(lines)
