"""Signing in and out, and who else is at the desk."""

import time

from fastapi import APIRouter, Request, Response
from limits import RateLimitItemPerMinute
from limits.storage import storage_from_string
from limits.strategies import MovingWindowRateLimiter

from api import clock
from api.accounts import service
from api.accounts.access import SESSION_COOKIE, DeskAccount, SignedInDependency, from_this_site
from api.accounts.schemas import AccountOut, Colleague, SessionOut, SessionStarted, SignIn
from api.accounts.service import SignedIn
from api.dependencies import DatabaseDependency, tenant_of
from api.problems import Problem
from api.settings import Settings

router = APIRouter(tags=["Konten"])

# A whole office may sign in from one address in the morning, so only failures are counted.
FAILURES_PER_MINUTE = RateLimitItemPerMinute(20)


@router.post("/session", status_code=201)
def start_session(request: Request, response: Response, body: SignIn) -> SessionStarted:
    """Sign in: session cookie for browsers, the same token as bearer token for programs."""
    found = sign_in(request, body)
    set_session_cookie(response, found.token, request.app.state.settings)
    return SessionStarted(token=found.token, **_session(found).model_dump())


@router.get("/session")
def read_session(found: SignedInDependency) -> SessionOut:
    """Who is signed in."""
    return _session(found)


@router.delete("/session", status_code=204)
def end_session(found: SignedInDependency, database: DatabaseDependency) -> Response:
    """Sign out."""
    with database.write() as session:
        service.sign_out(session, found)
    response = Response(status_code=204)
    response.delete_cookie(SESSION_COOKIE, path="/")
    return response


@router.get("/colleagues")
def colleagues(account: DeskAccount, database: DatabaseDependency) -> list[Colleague]:
    """To whom a conversation or message can be given."""
    with database.read() as session:
        present = {other.id for other in service.present_accounts(session, account.tenant)}
        return [
            Colleague(id=other.id, name=other.name, teams=other.teams, present=other.id in present)
            for other in service.desk_accounts(session, account.tenant)
        ]


def sign_in(request: Request, body: SignIn) -> SignedIn:
    """Sign in from this request's address; too many failures from one address are refused."""
    settings: Settings = request.app.state.settings
    if not from_this_site(request, settings):
        raise Problem(403, "csrf", "Bitte melden Sie sich auf der Anmeldeseite an.")
    tenant = tenant_of(request, body.tenant)
    limiter, client = _limiter(request), request.client.host if request.client else "unknown"
    if not limiter.test(FAILURES_PER_MINUTE, client):
        seconds = max(1, round(limiter.get_window_stats(FAILURES_PER_MINUTE, client).reset_time - time.time()))
        raise Problem(
            429,
            "too-many-sign-ins",
            f"Zu viele Fehlversuche. Bitte versuchen Sie es in {seconds} Sekunden noch einmal.",
            headers={"Retry-After": str(seconds)},
        )
    try:
        return service.sign_in(
            request.app.state.database,
            tenant=tenant.id,
            username=body.username,
            password=body.password,
            hours=settings.session_hours,
        )
    except Problem as problem:
        if problem.status == 401:
            limiter.hit(FAILURES_PER_MINUTE, client)
        raise


def set_session_cookie(response: Response, token: str, settings: Settings) -> None:
    """Hand the token to the browser, out of reach of scripts and of other sites' forms."""
    response.set_cookie(
        SESSION_COOKIE,
        token,
        max_age=settings.session_hours * 3600,
        path="/",
        httponly=True,
        samesite="lax",
        secure=settings.cookie_secure,
    )


def _session(found: SignedIn) -> SessionOut:
    return SessionOut(
        csrf=found.csrf,
        expires_at=clock.local(found.expires_at),
        account=AccountOut.model_validate(found.account),
    )


def _limiter(request: Request) -> MovingWindowRateLimiter:
    state = request.app.state
    if not hasattr(state, "sign_in_limiter"):
        state.sign_in_limiter = MovingWindowRateLimiter(storage_from_string(state.settings.redis_url or "memory://"))
    limiter: MovingWindowRateLimiter = state.sign_in_limiter
    return limiter
