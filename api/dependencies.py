"""What routes ask for: the database, the knowledge, the tenant, and who is calling."""

import hmac
from typing import Annotated

from fastapi import Depends, Header, Query, Request

from api.database import Database
from api.problems import Problem
from api.settings import Settings
from knowledge.library import Library
from knowledge.tenants import Tenant


def get_database(request: Request) -> Database:
    """The database of this process."""
    return request.app.state.database


def get_app_settings(request: Request) -> Settings:
    """The settings this app was made with."""
    return request.app.state.settings


def tenant_of(request: Request, tenant_id: str | None) -> Tenant:
    """The named tenant, or the default one; 404 for an unknown one."""
    tenants: dict[str, Tenant] = request.app.state.tenants
    found = tenants.get(tenant_id or request.app.state.settings.tenant)
    if found is None:
        raise Problem(404, "unknown-tenant", "Diese Kommune ist hier nicht bekannt.")
    return found


def get_tenant(request: Request, tenant: Annotated[str | None, Query(max_length=60)] = None) -> Tenant:
    """The tenant of `?tenant=`."""
    return tenant_of(request, tenant)


def library_of(request: Request, tenant_id: str) -> Library:
    """The knowledge of a tenant, in its present state."""
    return request.app.state.libraries.get(tenant_id)


def bearer_token(authorization: Annotated[str | None, Header()] = None) -> str | None:
    """The token of the Authorization header, if there is one."""
    scheme, _, token = (authorization or "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None


def is_service(token: str | None, settings: Settings) -> bool:
    """Whether the caller is a process of ours (dialogue, telephone)."""
    return token is not None and hmac.compare_digest(token.encode(), settings.service_token.encode())


DatabaseDependency = Annotated[Database, Depends(get_database)]
SettingsDependency = Annotated[Settings, Depends(get_app_settings)]
TenantDependency = Annotated[Tenant, Depends(get_tenant)]
BearerDependency = Annotated[str | None, Depends(bearer_token)]
