"""The console's pages. Every page works without script by reloading; the script only makes it live."""

import re
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse, HTMLResponse, PlainTextResponse, RedirectResponse
from pydantic import TypeAdapter, ValidationError

from api import clock
from api.accounts import service as accounts
from api.accounts.access import SESSION_COOKIE
from api.accounts.passwords import MAX_LENGTH
from api.accounts.routes import set_session_cookie, sign_in
from api.accounts.schemas import SignIn
from api.accounts.service import SignedIn
from api.console.frame import new_items, page, part
from api.console.rendering import HERE, TEMPLATES
from api.console.security import HEADERS, HOME, FormVisitor, PageRoute, Visitor, home_of, safe_target
from api.conversations import service as conversations
from api.dependencies import DatabaseDependency, SettingsDependency, tenant_of
from api.handoff import presentation
from api.handoff import service as handoff
from api.handoff.hours import opening_words, service_state
from api.handoff.schemas import TransferHandoff
from api.identifiers import new_id
from api.inbox import service as inbox
from api.inbox.schemas import ChangeItem, ItemState
from api.problems import DETAILS, Problem
from api.telephone.routes import put_call_through
from api.text import Paragraph

router = APIRouter(prefix="/console", include_in_schema=False, route_class=PageRoute)

ASSETS = {
    "console.js": "text/javascript; charset=utf-8",
    "console.css": "text/css; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
LATEST_OTHERS = 20
PUT_THROUGH_SHOWN = timedelta(hours=2)
NUMBER = re.compile(r"\+?[0-9*#]{1,20}")
# A message left by telephone can be heard; the other pages play nothing.
HEARING_POLICY = HEADERS["Content-Security-Policy"].replace("img-src 'self';", "img-src 'self'; media-src 'self';")

Text = Annotated[str, Form(max_length=20_000)]
Choice = Annotated[str, Form(max_length=60)]


# ---- signing in


@router.get("/static/{name}")
def static(name: str) -> Response:
    """Script and style of the console."""
    if name not in ASSETS:
        raise Problem(404, "unknown-page", DETAILS[404])
    return FileResponse(HERE / "static" / name, media_type=ASSETS[name], headers={"Cache-Control": "no-cache"})


@router.get("/login")
def sign_in_page(request: Request, next: Annotated[str, Query(max_length=300)] = HOME) -> HTMLResponse:
    """The sign-in form."""
    return _sign_in_form(request, target=safe_target(next))


@router.post("/login")
def send_sign_in(
    request: Request,
    settings: SettingsDependency,
    username: Annotated[str, Form(max_length=200)] = "",
    password: Annotated[str, Form(max_length=MAX_LENGTH)] = "",
    tenant: Choice = "",
    next: Annotated[str, Form(max_length=300)] = HOME,
) -> Response:
    """Sign in and go on to where the person wanted to be."""
    target = safe_target(next)
    try:
        body = SignIn(username=username, password=password, tenant=tenant or None)
    except ValidationError:
        return _sign_in_form(request, target=target, username=username, error="Bitte füllen Sie beide Felder aus.",
                             status=422)
    try:
        found = sign_in(request, body)
    except Problem as problem:
        return _sign_in_form(request, target=target, username=username, error=problem.detail, status=problem.status)
    response = RedirectResponse(home_of(found) if target == HOME else target, status_code=303)
    set_session_cookie(response, found.token, settings)
    return response


@router.post("/logout")
def sign_out(found: FormVisitor, database: DatabaseDependency) -> Response:
    """Sign out."""
    with database.write() as session:
        accounts.sign_out(session, found)
    response = RedirectResponse("/console/login", status_code=303)
    response.delete_cookie(SESSION_COOKIE, path="/")
    return response


# ---- queue and live chat


@router.get("")
def queue(request: Request, found: Visitor, database: DatabaseDependency) -> HTMLResponse:
    """Who waits, whom I talk to, what the others do."""
    return page(request, found, "queue.html", title="Warteschlange", **_queue(request, found, database))


@router.get("/queue")
def queue_part(request: Request, found: Visitor, database: DatabaseDependency) -> HTMLResponse:
    """The lists of the queue page, for the script."""
    return part(request, found, "queue_lists.html", **_queue(request, found, database))


@router.get("/handoffs/{handoff_id}")
def conversation(request: Request, handoff_id: str, found: Visitor, database: DatabaseDependency) -> HTMLResponse:
    """One conversation: summary, transcript, live chat."""
    with database.read() as session:
        row = handoff.get_handoff(session, tenant=found.account.tenant, handoff_id=handoff_id)
        detail = presentation.handoff_detail(session, row)
        lines = conversations.transcript(session, conversations.get_conversation(session, row.conversation_id))
        colleagues = accounts.desk_accounts(session, found.account.tenant)
        present = {account.id for account in accounts.present_accounts(session, found.account.tenant)}
    mine = detail.state == "claimed" and detail.claimed_by is not None and detail.claimed_by.id == found.account.id
    return page(
        request,
        found,
        "conversation.html",
        title="Gespräch",
        handoff=detail,
        lines=lines,
        mine=mine,
        may_end=detail.state == "claimed" and (mine or "lead" in found.account.roles),
        colleagues=[account for account in colleagues if account.id != found.account.id],
        present=present,
        key=new_id(),
        extension=tenant_of(request, found.account.tenant).telephone.number_for(team=detail.team, site=detail.site),
    )


@router.get("/handoffs/{handoff_id}/lines")
def lines_part(
    request: Request,
    handoff_id: str,
    found: Visitor,
    database: DatabaseDependency,
    after: Annotated[int, Query(ge=0)] = 0,
) -> HTMLResponse:
    """The lines after a sequence number, for the script."""
    with database.read() as session:
        row = handoff.get_handoff(session, tenant=found.account.tenant, handoff_id=handoff_id)
        lines = conversations.transcript(
            session, conversations.get_conversation(session, row.conversation_id), after=after
        )
    return part(request, found, "lines.html", lines=lines)


@router.post("/handoffs/{handoff_id}/claim")
def claim(handoff_id: str, found: FormVisitor, database: DatabaseDependency) -> Response:
    """Take over."""
    with database.write() as session:
        handoff.claim(session, handoff_id=handoff_id, account=found.account)
    return _to_conversation(handoff_id)


@router.post("/handoffs/{handoff_id}/messages")
def reply(
    handoff_id: str,
    found: FormVisitor,
    database: DatabaseDependency,
    text: Text = "",
    key: Annotated[str | None, Form(min_length=8, max_length=80)] = None,
) -> Response:
    """Write to the citizen."""
    said = _paragraph(text)
    with database.write() as session:
        handoff.reply(session, handoff_id=handoff_id, account=found.account, text=said, idempotency_key=key)
    return _to_conversation(handoff_id)


@router.post("/handoffs/{handoff_id}/notes")
def note(handoff_id: str, found: FormVisitor, database: DatabaseDependency, text: Text = "") -> Response:
    """Leave a note for colleagues."""
    said = _paragraph(text)
    with database.write() as session:
        handoff.add_note(session, handoff_id=handoff_id, account=found.account, text=said)
    return _to_conversation(handoff_id)


@router.post("/handoffs/{handoff_id}/transfer")
def transfer(
    request: Request,
    handoff_id: str,
    found: FormVisitor,
    database: DatabaseDependency,
    target: Choice = "",
    text: Text = "",
) -> Response:
    """Pass on; `target` is `team:<id>` or `account:<id>`."""
    kind, _, chosen = target.partition(":")
    if kind not in {"team", "account"} or not chosen:
        raise Problem(422, "no-target", "Bitte wählen Sie ein Team oder eine Person.")
    body = TransferHandoff.model_validate({kind: chosen, "note": _paragraph(text) if text.strip() else None})
    with database.write() as session:
        handoff.transfer(
            session,
            handoff_id=handoff_id,
            account=found.account,
            tenant=tenant_of(request, found.account.tenant),
            target=body,
        )
    return RedirectResponse(HOME, status_code=303)


@router.post("/handoffs/{handoff_id}/put-through")
async def put_through(
    request: Request, handoff_id: str, found: FormVisitor, database: DatabaseDependency, target: Choice = ""
) -> Response:
    """Put the call of this conversation through to a telephone of the office."""
    if not NUMBER.fullmatch(target.strip()):
        raise Problem(422, "no-number", "Bitte geben Sie einen Apparat an, nur Ziffern.")

    def conversation_id() -> str:
        with database.read() as session:
            row = handoff.get_handoff(session, tenant=found.account.tenant, handoff_id=handoff_id)
            return row.conversation_id

    await put_call_through(
        request, await run_in_threadpool(conversation_id), tenant_id=found.account.tenant, target=target.strip()
    )
    return _to_conversation(handoff_id)


@router.post("/handoffs/{handoff_id}/release")
def release(handoff_id: str, found: FormVisitor, database: DatabaseDependency) -> Response:
    """Give back to the dialogue."""
    with database.write() as session:
        handoff.release(session, handoff_id=handoff_id, account=found.account)
    return RedirectResponse(HOME, status_code=303)


@router.post("/handoffs/{handoff_id}/close")
def close(handoff_id: str, found: FormVisitor, database: DatabaseDependency) -> Response:
    """End the conversation."""
    with database.write() as session:
        handoff.close(session, handoff_id=handoff_id, account=found.account)
    return RedirectResponse(HOME, status_code=303)


# ---- inbox


@router.get("/inbox")
def inbox_page(
    request: Request, found: Visitor, database: DatabaseDependency, state: ItemState = "new"
) -> HTMLResponse:
    """What citizens left."""
    return page(request, found, "inbox.html", title="Nachrichten", **_items(found, database, state))


@router.get("/inbox/list")
def inbox_part(
    request: Request, found: Visitor, database: DatabaseDependency, state: ItemState = "new"
) -> HTMLResponse:
    """The list of the inbox page, for the script."""
    return part(request, found, "inbox_list.html", **_items(found, database, state))


@router.get("/inbox/new")
def count_new_items(found: Visitor, database: DatabaseDependency) -> PlainTextResponse:
    """How many messages nobody has taken up, for the script."""
    return PlainTextResponse(str(new_items(database, found.account.tenant)))


@router.get("/inbox/{item_id}")
def item_page(request: Request, item_id: str, found: Visitor, database: DatabaseDependency) -> HTMLResponse:
    """One message."""
    with database.read() as session:
        row = inbox.get_item(session, tenant=found.account.tenant, item_id=item_id)
        item = inbox.item_out(session, row)
        colleagues = accounts.desk_accounts(session, found.account.tenant)
        sound = inbox.has_sound(session, item_id)
    shown = page(
        request, found, "item.html", title=f"Nachricht {item.receipt}", item=item, colleagues=colleagues, sound=sound
    )
    if sound:
        shown.headers["Content-Security-Policy"] = HEARING_POLICY
    return shown


@router.get("/inbox/{item_id}/sound")
def item_sound(item_id: str, found: Visitor, database: DatabaseDependency) -> Response:
    """The sound of a message left by telephone."""
    with database.read() as session:
        row = inbox.get_item(session, tenant=found.account.tenant, item_id=item_id)
        wav = inbox.sound_of(session, row.id)
    return Response(wav, media_type="audio/wav")


@router.post("/inbox/{item_id}")
def change_item(
    item_id: str,
    found: FormVisitor,
    database: DatabaseDependency,
    state: Annotated[ItemState | None, Form()] = None,
    assigned_to: Choice = "",
    text: Text = "",
) -> Response:
    """Change state or assignment, add a note."""
    change = ChangeItem(
        state=state, assigned_to=assigned_to or None, note=_paragraph(text) if text.strip() else None
    )
    with database.write() as session:
        inbox.change_item(session, item_id=item_id, account=found.account, change=change)
    return RedirectResponse(f"/console/inbox/{item_id}", status_code=303)


# ---- within


def _sign_in_form(
    request: Request, *, target: str, username: str = "", error: str | None = None, status: int = 200
) -> HTMLResponse:
    tenants = request.app.state.tenants
    return HTMLResponse(
        TEMPLATES.get_template("login.html").render(
            tenants=list(tenants.values()),
            tenant=tenants[request.app.state.settings.tenant],
            target=target,
            username=username,
            error=error,
        ),
        status_code=status,
    )


def _queue(request: Request, found: SignedIn, database: DatabaseDependency) -> dict[str, Any]:
    account = found.account
    moment = clock.now()
    hours = service_state(tenant_of(request, account.tenant), moment)
    with database.read() as session:
        claimed = presentation.list_handoffs(session, tenant=account.tenant, state="claimed")
        return {
            "waiting": presentation.list_handoffs(session, tenant=account.tenant, state="waiting"),
            "mine": [one for one in claimed if one.claimed_by and one.claimed_by.id == account.id],
            "others": [one for one in claimed if not one.claimed_by or one.claimed_by.id != account.id],
            "put_through": presentation.calls_put_through(
                session, tenant=account.tenant, since=moment - PUT_THROUGH_SHOWN
            ),
            "present": len(accounts.present_accounts(session, account.tenant)),
            "open_again": opening_words(hours.opens_at, moment) if hours.opens_at and not hours.open else None,
            "service_open": hours.open,
        }


def _items(found: SignedIn, database: DatabaseDependency, state: ItemState) -> dict[str, Any]:
    with database.read() as session:
        return {
            "items": inbox.list_items(session, tenant=found.account.tenant, state=state),
            "counts": inbox.count_by_state(session, found.account.tenant),
            "state": state,
        }


def _paragraph(text: str) -> str:
    try:
        return TypeAdapter(Paragraph).validate_python(text)
    except ValidationError as error:
        too_long = error.errors()[0]["type"] == "string_too_long"
        raise Problem(
            422,
            "invalid-text",
            "Der Text ist zu lang: höchstens 4000 Zeichen." if too_long else "Bitte schreiben Sie etwas.",
        ) from error


def _to_conversation(handoff_id: str) -> Response:
    return RedirectResponse(f"/console/handoffs/{handoff_id}", status_code=303)
