"""Who is calling: session by bearer token or cookie, roles, and protection of the cookie against other sites."""

import hmac
from collections.abc import Callable
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request

from api.accounts.models import Account
from api.accounts.service import DESK_ROLES, EDITOR_ROLES, SignedIn, find_session, may
from api.dependencies import BearerDependency, DatabaseDependency, SettingsDependency
from api.problems import Problem
from api.settings import Settings

SESSION_COOKIE = "lotse_session"
CSRF_HEADER = "X-Lotse-CSRF"
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}


def from_this_site(request: Request, settings: Settings) -> bool:
    """Whether a browser sent this from one of our own pages. Other programs send no Origin and pass."""
    if request.headers.get("sec-fetch-site") in {"cross-site", "same-site"}:
        return False
    origin = request.headers.get("origin")
    if origin is None:
        return True
    own = {request.headers.get("host"), urlsplit(settings.base_url).netloc}
    return urlsplit(origin).netloc in own - {None, ""}


def check_csrf(request: Request, settings: Settings, signed_in: SignedIn, sent: str | None) -> None:
    """A 403 problem where a change by cookie does not come from our own page."""
    if not from_this_site(request, settings) or not hmac.compare_digest((sent or "").encode(), signed_in.csrf.encode()):
        raise Problem(
            403,
            "csrf",
            "Diese Anfrage kam nicht von der Seite, auf der Sie angemeldet sind. Bitte laden Sie die Seite neu.",
        )


def signed_in(
    request: Request, database: DatabaseDependency, settings: SettingsDependency, bearer: BearerDependency
) -> SignedIn:
    """Who holds the session of this request, or a 401 problem."""
    token = bearer or request.cookies.get(SESSION_COOKIE)
    found = find_session(database, token) if token else None
    if found is None:
        raise Problem(401, "not-signed-in", "Bitte melden Sie sich an.", headers={"WWW-Authenticate": "Bearer"})
    if bearer is None and request.method not in SAFE_METHODS:
        check_csrf(request, settings, found, request.headers.get(CSRF_HEADER))
    return found


SignedInDependency = Annotated[SignedIn, Depends(signed_in)]


def check_role(account: Account, roles: tuple[str, ...]) -> Account:
    """The account, or a 403 problem where it has none of the roles."""
    if not may(account, roles):
        raise Problem(403, "wrong-role", "Dafür reichen die Rechte Ihres Kontos nicht aus.")
    return account


def require(*roles: str) -> Callable[[SignedIn], Account]:
    """Dependency: the calling account, which must have one of the roles (none named: anybody signed in).

    Whoever uses it must also compare the tenant of what is read or changed with `account.tenant`.
    """

    def allowed(found: SignedInDependency) -> Account:
        return check_role(found.account, roles)

    return allowed


DeskAccount = Annotated[Account, Depends(require(*DESK_ROLES))]
EditorAccount = Annotated[Account, Depends(require(*EDITOR_ROLES))]
