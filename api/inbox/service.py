"""Rules of the inbox: what citizens leave gets a receipt, a team, and a state that the desk moves on."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from api import clock
from api.accounts import audit
from api.accounts.models import Account
from api.accounts.service import desk_account
from api.conversations.models import Conversation
from api.database import emit
from api.handoff.routing import team_for
from api.handoff.schemas import PersonOut
from api.identifiers import new_id, readable_code, token_hash
from api.inbox.models import InboxItem, InboxNote, InboxSound
from api.inbox.schemas import ChangeItem, ItemOut, NoteOut, Receipt
from api.problems import Problem
from knowledge.tenants import Tenant

RECEIPT_ATTEMPTS = 8


def leave_message(
    session: Session,
    *,
    tenant: Tenant,
    conversation: Conversation | None,
    text: str,
    kind: str = "message",
    name: str | None = None,
    contact: str | None = None,
    topic: str | None = None,
    preferred_time: str | None = None,
    idempotency_key: str | None = None,
) -> InboxItem:
    """Store what a citizen leaves, with a receipt number; the same send is stored once."""
    key = None
    if idempotency_key is not None:
        key = token_hash(f"{conversation.id if conversation else tenant.id}\0{idempotency_key}")
        if (known := _sent_before(session, key)) is not None:
            return known
    moment = clock.now()
    for _attempt in range(RECEIPT_ATTEMPTS):
        item = InboxItem(
            id=new_id(),
            receipt=f"M-{moment.year}-{readable_code()}",
            tenant=tenant.id,
            conversation_id=conversation.id if conversation else None,
            kind=kind,
            name=name,
            contact=contact,
            topic=topic,
            team=team_for(tenant, topic),
            text=text,
            preferred_time=preferred_time,
            state="new",
            created_at=moment,
            updated_at=moment,
            idempotency_hash=key,
        )
        try:
            with session.begin_nested():
                session.add(item)
        except IntegrityError:  # the receipt is in use, or the same send came twice at once
            if key is not None and (known := _sent_before(session, key)) is not None:
                return known
            continue
        _announce(session, item, "left")
        return item
    raise Problem(503, "no-receipt", "Das geht gerade nicht. Bitte versuchen Sie es noch einmal.")


def receipt_out(item: InboxItem) -> Receipt:
    """What the citizen keeps."""
    what = "Ihr Rückrufwunsch" if item.kind == "callback" else "Ihre Nachricht"
    return Receipt.model_validate(
        {
            "receipt": item.receipt,
            "kind": item.kind,
            "contact": item.contact,
            "team": item.team,
            "created_at": clock.local(item.created_at),
            "message": f"{what} ist angekommen. Die Nummer ist {item.receipt}.",
        }
    )


def list_items(
    session: Session,
    *,
    tenant: str,
    state: str | None = None,
    kind: str | None = None,
    team: str | None = None,
    assigned_to: str | None = None,
    limit: int = 100,
    offset: int = 0,
) -> list[ItemOut]:
    """Items of a tenant: open ones oldest first, done ones newest first."""
    statement = select(InboxItem).where(InboxItem.tenant == tenant)
    for column, value in (
        (InboxItem.state, state),
        (InboxItem.kind, kind),
        (InboxItem.team, team),
        (InboxItem.assigned_to, assigned_to),
    ):
        if value is not None:
            statement = statement.where(column == value)
    order = InboxItem.updated_at.desc() if state == "done" else InboxItem.created_at
    items = list(session.scalars(statement.order_by(order, InboxItem.id).limit(limit).offset(offset)))
    return _shown(session, items)


def count_by_state(session: Session, tenant: str) -> dict[str, int]:
    """How many items are in each state."""
    rows = session.execute(
        select(InboxItem.state, func.count()).where(InboxItem.tenant == tenant).group_by(InboxItem.state)
    )
    return {row[0]: row[1] for row in rows}


def get_item(session: Session, *, tenant: str, item_id: str) -> InboxItem:
    """The item, or a 404 problem; another tenant's does not exist either."""
    found = session.get(InboxItem, item_id)
    if found is None or found.tenant != tenant:
        raise Problem(404, "unknown-item", "Diese Nachricht gibt es nicht (mehr).")
    return found


def has_sound(session: Session, item_id: str) -> bool:
    """Whether the message can be heard, too."""
    return session.scalar(select(func.count()).select_from(InboxSound).where(InboxSound.item_id == item_id)) == 1


def sound_of(session: Session, item_id: str) -> bytes:
    """The sound of a message as WAV, or a 404 problem."""
    found = session.get(InboxSound, item_id)
    if found is None:
        raise Problem(404, "no-sound", "Zu dieser Nachricht gibt es keinen Ton.")
    return found.wav


def item_out(session: Session, item: InboxItem) -> ItemOut:
    """One item with its notes."""
    return _shown(session, [item])[0]


def change_item(session: Session, *, item_id: str, account: Account, change: ChangeItem) -> InboxItem:
    """Move an item on: state, who does it, a note. Fields that were not sent stay."""
    item = get_item(session, tenant=account.tenant, item_id=item_id)
    moment = clock.now()
    done: dict[str, object] = {}
    if change.state is not None and change.state != item.state:
        item.state = change.state
        item.done_at = moment if change.state == "done" else None
        done["state"] = change.state
    if "assigned_to" in change.model_fields_set and change.assigned_to != item.assigned_to:
        colleague = (
            desk_account(session, tenant=account.tenant, account_id=change.assigned_to) if change.assigned_to else None
        )
        item.assigned_to = colleague.id if colleague else None
        done["assigned_to"] = colleague.username if colleague else None
    if change.note is not None:
        session.add(
            InboxNote(
                id=new_id(),
                item_id=item.id,
                account_id=account.id,
                author=account.name,
                text=change.note,
                created_at=moment,
            )
        )
        done["note"] = True
    if done:
        item.updated_at = moment
        audit.record(
            session,
            tenant=account.tenant,
            account=account,
            action="inbox-changed",
            object_kind="inbox",
            object_id=item.id,
            **done,
        )
        _announce(session, item, "changed")
    session.flush()
    return item


def _announce(session: Session, item: InboxItem, change: str) -> None:
    """On the desk's one channel; the event names no citizen."""
    emit(
        session,
        f"handoffs:{item.tenant}",
        {"type": "inbox", "data": {"id": item.id, "state": item.state, "team": item.team, "change": change}},
    )


def _sent_before(session: Session, key: str) -> InboxItem | None:
    return session.scalars(select(InboxItem).where(InboxItem.idempotency_hash == key)).one_or_none()


def _shown(session: Session, items: Sequence[InboxItem]) -> list[ItemOut]:
    ids = [item.id for item in items]
    people = {
        account_id: PersonOut(id=account_id, name=name)
        for account_id, name in session.execute(
            select(Account.id, Account.name).where(Account.id.in_({item.assigned_to for item in items} - {None}))
        )
    }
    notes: dict[str, list[NoteOut]] = {}
    for note in session.scalars(
        select(InboxNote).where(InboxNote.item_id.in_(ids)).order_by(InboxNote.created_at, InboxNote.id)
    ):
        notes.setdefault(note.item_id, []).append(
            NoteOut(id=note.id, author=note.author, text=note.text, created_at=clock.local(note.created_at))
        )
    return [
        ItemOut.model_validate(
            {
                "id": item.id,
                "receipt": item.receipt,
                "conversation": item.conversation_id,
                "kind": item.kind,
                "name": item.name,
                "contact": item.contact,
                "topic": item.topic,
                "team": item.team,
                "text": item.text,
                "preferred_time": item.preferred_time,
                "state": item.state,
                "assigned_to": people.get(item.assigned_to or ""),
                "created_at": clock.local(item.created_at),
                "updated_at": clock.local(item.updated_at),
                "done_at": clock.local(item.done_at) if item.done_at else None,
                "notes": notes.get(item.id, []),
            }
        )
        for item in items
    ]
