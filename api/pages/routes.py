"""Pages for citizens: the example municipality with the chat, the chat's script, and an appointment's own page.

The pages run under a strict content security policy. An appointment's page works without any script, and changes
something only by POST: mail scanners follow every link.
"""

import gzip
import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby
from pathlib import Path
from time import time as time_now
from typing import Annotated
from urllib.parse import urlencode

import rjsmin  # type: ignore[import-untyped]
from babel.dates import format_date
from fastapi import APIRouter, Form, Header, Query, Request, Response
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from api import clock
from api.appointments import calendar
from api.appointments import service as appointments
from api.appointments.calendar import Slot
from api.appointments.models import Appointment
from api.database import Database
from api.dependencies import DatabaseDependency, SettingsDependency, TenantDependency, tenant_of
from api.languages.catalog import NAMES
from api.problems import Problem
from api.settings import Settings
from knowledge.tenants import Tenant
from voice.lines.tokens import sign_token

router = APIRouter(include_in_schema=False)

HERE = Path(__file__).parent
ASSETS = {
    "checklist.css": "text/css; charset=utf-8",
    "phone.css": "text/css; charset=utf-8",
    "phone.js": "text/javascript; charset=utf-8",
    "phone-audio.js": "text/javascript; charset=utf-8",
    "site.css": "text/css; charset=utf-8",
    "icon.svg": "image/svg+xml",
    "crest.svg": "image/svg+xml",
    "landscape.svg": "image/svg+xml",
}
POLICY = (
    "default-src 'none'; script-src {script}; style-src 'self'; img-src 'self'; connect-src {script}; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
SHORT_CACHE, LONG_CACHE = 300, 365 * 24 * 60 * 60  # seconds
DAYS_SHOWN = 5
CLOSURES_SHOWN = 3
PHONE_TOKEN_SECONDS = 2 * 60 * 60
# As on a telephone; what a key does in a call, where it is one of its own.
PHONE_KEYS = (
    ("1", ""), ("2", ""), ("3", ""), ("4", ""), ("5", ""), ("6", ""), ("7", ""), ("8", ""), ("9", ""),
    ("*", "zurück"), ("0", "Mensch"), ("#", "noch mal"),
)  # fmt: skip
MOVED, CANCELLED = "verschoben", "abgesagt"

Token = Annotated[str, Query(max_length=200)]
FormToken = Annotated[str, Form(max_length=200)]


def long_date(day: date) -> str:
    """`Dienstag, 24. November 2026`."""
    return format_date(day, "EEEE, d. MMMM y", locale="de")


def clock_time(moment: datetime) -> str:
    """`10:15 Uhr`, by German clocks."""
    return f"{clock.local(moment):%H:%M} Uhr"


TEMPLATES = Environment(
    loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)
TEMPLATES.filters["date"] = long_date
TEMPLATES.filters["local_date"] = lambda moment: long_date(clock.local(moment))
TEMPLATES.filters["clock"] = clock_time


@dataclass(frozen=True)
class Script:
    """A script as it is sent: without comments and indentation, plain and compressed."""

    plain: bytes
    compressed: bytes
    version: str


def light_script(source: str) -> Script:
    """The readable source, made light for phones; style sheets in it (`const STYLE = `) too."""
    source = re.sub(r"(?<=const STYLE = `).*?(?=`;)", lambda match: light_style(match[0]), source, flags=re.DOTALL)
    plain = rjsmin.jsmin(source).encode()
    return Script(plain, gzip.compress(plain, mtime=0), hashlib.sha256(plain).hexdigest()[:16])


def light_style(source: str) -> str:
    """A style sheet without the blanks that only people need."""
    source = re.sub(r"/\*.*?\*/", "", source, flags=re.DOTALL)
    return re.sub(r":\s+", ":", re.sub(r"\s*([{};,>])\s*", r"\1", " ".join(source.split())))


def read_words() -> dict[str, Script]:
    """The widget's own words in other languages, by language."""
    files = sorted((HERE / "static" / "languages").glob("*.js"))
    return {path.stem: light_script(path.read_text(encoding="utf-8")) for path in files}


def read_widget(words: dict[str, Script]) -> Script:
    """The widget, told which version of its words in other languages to ask for."""
    source = (HERE / "static" / "widget.js").read_text(encoding="utf-8")
    versions = json.dumps({language: script.version[:8] for language, script in words.items()})
    return light_script(source.replace("const VERSIONS = {};", f"const VERSIONS = {versions};"))


WORDS = read_words()
WIDGET = read_widget(WORDS)


@router.get("/widget.js")
def widget(
    if_none_match: Annotated[str | None, Header()] = None, accept_encoding: Annotated[str, Header()] = ""
) -> Response:
    """The chat for any municipality's page."""
    return script_answer(WIDGET, if_none_match, accept_encoding, seconds=SHORT_CACHE)


@router.get("/widget/{language}.js")
def words(
    language: str,
    version: Annotated[str, Query(alias="v", max_length=64)] = "",
    if_none_match: Annotated[str | None, Header()] = None,
    accept_encoding: Annotated[str, Header()] = "",
) -> Response:
    """The chat's own words in another language; an address that names their version is kept for good."""
    found = WORDS.get(language)
    if found is None:
        raise Problem(404, "not-found", "Das gibt es hier nicht.")
    for_good = bool(version) and found.version.startswith(version)
    return script_answer(found, if_none_match, accept_encoding, seconds=LONG_CACHE if for_good else SHORT_CACHE)


def script_answer(script: Script, if_none_match: str | None, accept_encoding: str, *, seconds: int) -> Response:
    """A script that any site may load, or that the browser already has it."""
    headers = {
        "ETag": f'"{script.version}"',
        "Cache-Control": f"public, max-age={seconds}" + (", immutable" if seconds == LONG_CACHE else ""),
        "Vary": "Accept-Encoding",
        "Cross-Origin-Resource-Policy": "cross-origin",
        "X-Content-Type-Options": "nosniff",
    }
    if if_none_match and script.version in if_none_match:
        return Response(status_code=304, headers=headers)
    if "gzip" in accept_encoding:
        headers["Content-Encoding"] = "gzip"
        return Response(script.compressed, media_type="text/javascript; charset=utf-8", headers=headers)
    return Response(script.plain, media_type="text/javascript; charset=utf-8", headers=headers)


@router.get("/pages/{name}")
def asset(name: str) -> FileResponse:
    """Style and pictures of the pages."""
    if name not in ASSETS:
        raise Problem(404, "not-found", "Das gibt es hier nicht.")
    return FileResponse(
        HERE / "static" / name,
        media_type=ASSETS[name],
        headers={"Cache-Control": "public, max-age=300", "X-Content-Type-Options": "nosniff"},
    )


@router.get("/")
def home(
    tenant: TenantDependency,
    settings: SettingsDependency,
    language: Annotated[str, Query(max_length=20)] = "",
) -> HTMLResponse:
    """A municipality's page with the chat on it, which begins in `language`."""
    today = clock.today()
    closures = sorted((entry for entry in tenant.closures if entry.last >= today), key=lambda entry: entry.first)
    return page("home.html", tenant, closures=closures[:CLOSURES_SHOWN], base_url=settings.base_url,
                phone_demo=settings.phone_demo, chat_language=language if language in NAMES else "")


@router.get("/impressum")
def imprint(tenant: TenantDependency) -> HTMLResponse:
    """Who publishes this."""
    return page("imprint.html", tenant)


@router.get("/datenschutz")
def privacy(tenant: TenantDependency, settings: SettingsDependency) -> HTMLResponse:
    """What happens to what citizens write."""
    return page(
        "privacy.html",
        tenant,
        retention_days=settings.retention_days,
        transcripts=settings.phone_transcripts,
        message_sound=settings.phone_message_sound,
    )


@router.get("/barrierefreiheit")
def accessibility(tenant: TenantDependency) -> HTMLResponse:
    """How to use the chat without a mouse or without seeing it, and what is still missing."""
    return page("accessibility.html", tenant)


@router.get("/demo/phone")
def phone(request: Request, tenant: TenantDependency, settings: SettingsDependency) -> HTMLResponse:
    """A call from the browser: speak with the telephone's voice without a telephone."""
    if not settings.phone_demo:
        raise Problem(404, "not-found", "Das gibt es hier nicht.")
    secret = settings.voice_stream_secret or settings.service_token
    token = sign_token(secret, "browser", time_now() + PHONE_TOKEN_SECONDS)
    shown = page("phone.html", tenant, token=token, keys=PHONE_KEYS)
    # A socket of this very host; older browsers do not take 'self' for it.
    host = request.headers.get("host", "")
    if re.fullmatch(r"[\w.:\[\]-]+", host):
        policy = shown.headers["Content-Security-Policy"]
        shown.headers["Content-Security-Policy"] = policy.replace(
            "connect-src 'self'", f"connect-src 'self' ws://{host} wss://{host}"
        )
    shown.headers["Cache-Control"] = "no-store"
    shown.headers["Permissions-Policy"] = "microphone=(self)"
    return shown


# --- An appointment's own page ----------------------------------------------------------------------------------


@router.get("/termin/{appointment_id}")
def show_appointment(
    request: Request,
    appointment_id: str,
    database: DatabaseDependency,
    settings: SettingsDependency,
    token: Token = "",
    done: Annotated[str, Query(max_length=20)] = "",
) -> HTMLResponse:
    """The appointment behind the link of a confirmation; only looking at it changes nothing."""
    try:
        with database.read() as session:
            found = appointments.open_appointment(
                session, appointment_id=appointment_id, token=token, settings=settings
            )
    except Problem as problem:
        return problem_page(request, problem)
    return appointment_page(request, found, settings, token, done=done)


@router.post("/termin/{appointment_id}/absagen")
def cancel_appointment(
    request: Request,
    appointment_id: str,
    database: DatabaseDependency,
    settings: SettingsDependency,
    token: FormToken = "",
) -> Response:
    """Cancel, then show the appointment again."""
    try:
        with database.write() as session:
            found = appointments.open_appointment(
                session, appointment_id=appointment_id, token=token, settings=settings, to_change=True
            )
            appointments.cancel(session, tenant=tenant_of(request, found.tenant), appointment=found)
    except Problem as problem:
        return problem_page(request, problem, back=back_link(appointment_id, token))
    return see(back_link(appointment_id, token, done=CANCELLED))


@router.get("/termin/{appointment_id}/verschieben")
def choose_slot(
    request: Request,
    appointment_id: str,
    database: DatabaseDependency,
    settings: SettingsDependency,
    token: Token = "",
    site: Annotated[str, Query(max_length=60)] = "",
    first: Annotated[date | None, Query(alias="ab")] = None,
) -> HTMLResponse:
    """The free times for this appointment, a few days at a time."""
    return slots_page(request, database, settings, appointment_id, token, site_id=site, first=first)


@router.post("/termin/{appointment_id}/verschieben")
def move_appointment(
    request: Request,
    appointment_id: str,
    database: DatabaseDependency,
    settings: SettingsDependency,
    token: FormToken = "",
    site: Annotated[str, Form(max_length=60)] = "",
    starts_at: Annotated[str, Form(max_length=40)] = "",
) -> Response:
    """Move to the chosen time. Where somebody was faster, the old time is kept and others are shown."""
    try:
        with database.write() as session:
            found = appointments.open_appointment(
                session, appointment_id=appointment_id, token=token, settings=settings, to_change=True
            )
            tenant = tenant_of(request, found.tenant)
            appointments.move(
                session, tenant=tenant, appointment=found, starts_at=moment(starts_at), site_id=site or None
            )
    except Problem as problem:
        if problem.status not in {409, 422}:
            return problem_page(request, problem, back=back_link(appointment_id, token))
        return slots_page(request, database, settings, appointment_id, token, site_id=site, problem=problem)
    return see(back_link(appointment_id, token, done=MOVED))


def appointment_page(
    request: Request, found: Appointment, settings: Settings, token: str, *, done: str
) -> HTMLResponse:
    """Name, service, place and time; nothing else that the citizen has told."""
    tenant = tenant_of(request, found.tenant)
    shown = appointments.describe(found, tenant=tenant, settings=settings, token=token)
    return page(
        "appointment.html",
        tenant,
        private=True,
        appointment=shown,
        token=token,
        over=found.ends_at <= clock.utc(clock.now()),
        done=done if (done == CANCELLED) == (shown.status == "cancelled") else "",
    )


def slots_page(
    request: Request,
    database: Database,
    settings: Settings,
    appointment_id: str,
    token: str,
    *,
    site_id: str,
    first: date | None = None,
    problem: Problem | None = None,
) -> HTMLResponse:
    """Free times by day, at one site."""
    today = clock.today()
    try:
        with database.read() as session:
            found = appointments.open_appointment(
                session, appointment_id=appointment_id, token=token, settings=settings
            )
            tenant = tenant_of(request, found.tenant)
            service = appointments.find_service(tenant, found.service)
            sites = [site for site in tenant.sites if site.id in service.sites]
            site = next((entry for entry in sites if entry.id == (site_id or found.site)), sites[0])
            horizon = today + timedelta(days=tenant.booking.horizon_days)
            start = min(max(first or today, today), horizon)
            slots = appointments.free_slots(
                session,
                tenant=tenant,
                service=service,
                sites=[site],
                earliest=calendar.wall_time(start, time.min),
                before=calendar.wall_time(horizon + calendar.DAY, time.min),
                moving=found,
            )
    except Problem as refused:
        return problem_page(request, refused)
    days = by_day(slots)
    return page(
        "appointment_move.html",
        tenant,
        status=problem.status if problem else 200,
        private=True,
        appointment=found,
        service=service,
        sites=sites,
        chosen_site=site,
        days=days[:DAYS_SHOWN],
        later=days[DAYS_SHOWN][0] if len(days) > DAYS_SHOWN else None,
        earlier=start > today,
        token=token,
        problem=problem.detail if problem else "",
    )


def by_day(slots: Iterable[Slot]) -> list[tuple[date, list[Slot]]]:
    """Slots under the German day on which they start."""
    return [(day, list(group)) for day, group in groupby(slots, key=lambda slot: clock.local(slot.starts_at).date())]


def moment(text: str) -> datetime:
    """The time of a chosen slot, or a 422 problem."""
    try:
        found = datetime.fromisoformat(text)
        if found.tzinfo is None or not 2000 <= found.year < 2200:
            raise ValueError(text)
    except ValueError as error:
        raise Problem(422, "no-slot-chosen", "Bitte wählen Sie eine Zeit aus.") from error
    return found


def back_link(appointment_id: str, token: str, **more: str) -> str:
    """Address of the appointment's page."""
    return f"/termin/{appointment_id}?{urlencode({'token': token, **more})}"


def see(address: str) -> RedirectResponse:
    """Show the result at its own address, so that reloading sends nothing again."""
    return RedirectResponse(address, status_code=303, headers=private_headers())


def problem_page(request: Request, problem: Problem, *, back: str = "") -> HTMLResponse:
    """What went wrong, in the sentence of the problem document."""
    tenant = tenant_of(request, None)
    return page("problem.html", tenant, status=problem.status, private=True, problem=problem, back=back)


def private_headers() -> dict[str, str]:
    """For addresses that carry a key: kept by no cache, passed on to no other page."""
    return {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}


def page(template: str, tenant: Tenant, *, status: int = 200, private: bool = False, **values: object) -> HTMLResponse:
    """A rendered page with its security headers; `private` ones carry a key and run no script at all."""
    headers = {
        "Content-Security-Policy": POLICY.format(script="'none'" if private else "'self'"),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        **(private_headers() if private else {}),
    }
    return HTMLResponse(TEMPLATES.get_template(template).render(tenant=tenant, **values), status, headers)
