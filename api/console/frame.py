"""What every page of the console is put into: navigation, who is signed in, what is new."""

from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse

from api import clock
from api.accounts.service import DESK_ROLES, EDITOR_ROLES, SignedIn, may
from api.console.rendering import TEMPLATES
from api.database import Database
from api.dependencies import tenant_of
from api.inbox import service as inbox


def page(request: Request, found: SignedIn, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """A whole page, with the number of new messages in its navigation."""
    at_desk = may(found.account, DESK_ROLES)
    return part(
        request,
        found,
        template,
        status=status,
        path=request.url.path,
        now=clock.now(),
        at_desk=at_desk,
        edits=may(found.account, EDITOR_ROLES),
        new_items=new_items(request.app.state.database, found.account.tenant) if at_desk else 0,
        **values,
    )


def part(request: Request, found: SignedIn, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """A piece of a page, for the script."""
    tenant = tenant_of(request, found.account.tenant)
    return HTMLResponse(
        TEMPLATES.get_template(template).render(account=found.account, csrf=found.csrf, tenant=tenant, **values),
        status_code=status,
    )


def new_items(database: Database, tenant: str) -> int:
    """How many messages nobody has taken up."""
    with database.read() as session:
        return inbox.count_by_state(session, tenant).get("new", 0)
