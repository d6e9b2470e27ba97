"""Inbox calls: citizens leave messages and callback requests, the desk works through them."""

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request

from api.accounts.access import DeskAccount
from api.conversations.service import open_conversation
from api.dependencies import BearerDependency, DatabaseDependency, SettingsDependency, is_service, tenant_of
from api.inbox import service
from api.inbox.schemas import ChangeItem, ItemOut, ItemState, Kind, LeaveMessage, Receipt
from api.problems import Problem
from api.rate_limit import limit_messages

router = APIRouter(prefix="/inbox", tags=["Nachrichten"])

IdempotencyKey = Annotated[str | None, Header(alias="Idempotency-Key", min_length=8, max_length=80)]


@router.post("", status_code=201, dependencies=[Depends(limit_messages)])
def leave_message(
    request: Request,
    body: LeaveMessage,
    database: DatabaseDependency,
    settings: SettingsDependency,
    token: BearerDependency,
    key: IdempotencyKey = None,
) -> Receipt:
    """Leave a message or ask for a callback, within a conversation; without one only our own processes may."""
    with database.write() as session:
        conversation = None
        if body.conversation is not None:
            conversation = open_conversation(session, body.conversation, token, settings)
            if body.tenant not in {None, conversation.tenant}:
                raise Problem(422, "other-tenant", "Dieses Gespräch gehört zu einer anderen Kommune.")
        elif not is_service(token, settings):
            raise Problem(401, "no-token", "Bitte beginnen Sie zuerst ein Gespräch.")
        tenant = tenant_of(request, conversation.tenant if conversation else body.tenant)
        item = service.leave_message(
            session,
            tenant=tenant,
            conversation=conversation,
            idempotency_key=key,
            **body.model_dump(exclude={"conversation", "tenant"}),
        )
        return service.receipt_out(item)


@router.get("")
def list_items(
    account: DeskAccount,
    database: DatabaseDependency,
    state: ItemState | None = None,
    kind: Kind | None = None,
    team: Annotated[str | None, Query(max_length=60)] = None,
    mine: bool = False,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> list[ItemOut]:
    """What citizens left, oldest first."""
    with database.read() as session:
        return service.list_items(
            session,
            tenant=account.tenant,
            state=state,
            kind=kind,
            team=team,
            assigned_to=account.id if mine else None,
            limit=limit,
            offset=offset,
        )


@router.get("/{item_id}")
def read_item(item_id: str, account: DeskAccount, database: DatabaseDependency) -> ItemOut:
    """One item with its notes."""
    with database.read() as session:
        return service.item_out(session, service.get_item(session, tenant=account.tenant, item_id=item_id))


@router.patch("/{item_id}")
def change_item(item_id: str, body: ChangeItem, account: DeskAccount, database: DatabaseDependency) -> ItemOut:
    """Change state or assignment, add a note."""
    with database.write() as session:
        return service.item_out(session, service.change_item(session, item_id=item_id, account=account, change=body))
