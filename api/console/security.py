"""What every console page carries: sign-in, protection of forms, strict headers, errors as pages."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import Depends, Form, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.routing import APIRoute

from api.accounts.access import SESSION_COOKIE, check_csrf, check_role
from api.accounts.service import DESK_ROLES, EDITOR_ROLES, SignedIn, find_session, may
from api.console.rendering import TEMPLATES
from api.database import Database
from api.dependencies import DatabaseDependency, SettingsDependency
from api.problems import DETAILS, Problem

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # "no-referrer" would turn the Origin of our own forms into "null".
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}
# Set by the console's script: such a request wants a piece of a page and cannot follow to the sign-in.
FRAGMENT_HEADER = "X-Lotse-Fragment"
HOME = "/console"
KNOWLEDGE = "/console/wissen"
SIGN_IN = "/console/login"


class PageRoute(APIRoute):
    """A route that answers people: errors become pages, an ended session leads to the sign-in."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler with the console's headers and error pages."""
        handle = super().get_route_handler()

        async def as_page(request: Request) -> Response:
            try:
                response = await handle(request)
            except Problem as problem:
                response = problem_page(request, problem)
            except RequestValidationError:
                response = problem_page(request, Problem(422, "invalid-input", DETAILS[422]))
            for name, value in HEADERS.items():
                response.headers.setdefault(name, value)
            return response

        return as_page


def problem_page(request: Request, problem: Problem) -> Response:
    """The error in a sentence, or the way to the sign-in."""
    if problem.status == 401 and not request.headers.get(FRAGMENT_HEADER):
        query = f"?{request.url.query}" if request.url.query else ""
        target = f"{request.url.path}{query}" if request.method == "GET" else HOME
        return RedirectResponse(f"{SIGN_IN}?next={quote(target)}", status_code=303)
    page = TEMPLATES.get_template("problem.html").render(problem=problem, fragment_only=True)
    return HTMLResponse(page, status_code=problem.status, headers=problem.headers)


def safe_target(target: str | None) -> str:
    """Where to go after signing in: only within the console."""
    inside = target and (target == HOME or target.startswith(f"{HOME}/")) and "\\" not in target and "//" not in target
    return target if inside and target else HOME


def home_of(found: SignedIn) -> str:
    """Where somebody starts: the queue, or the articles for who only edits."""
    return HOME if may(found.account, DESK_ROLES) else KNOWLEDGE


def visitor(request: Request, database: DatabaseDependency) -> SignedIn:
    """Who holds the cookie of this browser and works at the desk."""
    return _signed_in(request, database, DESK_ROLES)


def editor(request: Request, database: DatabaseDependency) -> SignedIn:
    """Who holds the cookie of this browser and may change articles."""
    return _signed_in(request, database, EDITOR_ROLES)


def _by_form(who: Callable[..., SignedIn]) -> Callable[..., SignedIn]:
    """The same for a sent form, which must come from our own page."""

    def form_sender(
        request: Request,
        settings: SettingsDependency,
        found: Annotated[SignedIn, Depends(who)],
        csrf: Annotated[str, Form(max_length=200)] = "",
    ) -> SignedIn:
        check_csrf(request, settings, found, csrf)
        return found

    return form_sender


Visitor = Annotated[SignedIn, Depends(visitor)]
FormVisitor = Annotated[SignedIn, Depends(_by_form(visitor))]
Editor = Annotated[SignedIn, Depends(editor)]
FormEditor = Annotated[SignedIn, Depends(_by_form(editor))]


def _signed_in(request: Request, database: Database, roles: tuple[str, ...]) -> SignedIn:
    token = request.cookies.get(SESSION_COOKIE)
    found = find_session(database, token) if token else None
    if found is None:
        raise Problem(401, "not-signed-in", DETAILS[401])
    check_role(found.account, roles)
    return found
