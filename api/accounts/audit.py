"""The audit trail: written in the same transaction as the change it tells of."""

from sqlalchemy.orm import Session

from api import clock
from api.accounts.models import Account, AuditEntry

SYSTEM = "system"


def record(
    session: Session,
    *,
    tenant: str,
    account: Account | None,
    action: str,
    object_kind: str,
    object_id: str,
    **detail: object,
) -> None:
    """Note a change. Without an account it was the system itself or a citizen."""
    session.add(
        AuditEntry(
            tenant=tenant,
            at=clock.now(),
            account_id=account.id if account else None,
            actor=account.username if account else SYSTEM,
            action=action,
            object_kind=object_kind,
            object_id=object_id,
            detail=detail,
        )
    )
