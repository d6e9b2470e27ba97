"""Rules of accounts: signing in, staying signed in, who is there, and making accounts."""

import contextlib
import hashlib
import hmac
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from api import clock
from api.accounts import audit
from api.accounts.models import Account, AccountSession, SignInFailure
from api.accounts.passwords import hash_password, new_password, password_matches
from api.database import Database
from api.identifiers import new_id, new_token, token_hash
from api.problems import Problem

ROLES = ("caseworker", "lead", "editor", "admin")
DESK_ROLES = ("caseworker", "lead")  # who may talk to citizens
EDITOR_ROLES = ("editor", "admin")  # who may change articles

MAX_FAILED_ATTEMPTS = 5
LOCK_MINUTES = 15
FAILURES_KEPT_HOURS = 24

# A page of the console reports itself at least once a minute; five minutes forgive a lost connection.
PRESENT_MINUTES = 5
SEEN_EVERY_SECONDS = 60

FIRST_USERNAME = "sachbearbeitung"


@dataclass(frozen=True)
class SignedIn:
    """An account with the session it came by. `account` is detached: only its columns may be read."""

    account: Account
    token: str = field(repr=False)
    csrf: str = field(repr=False)
    expires_at: datetime


def normalized(username: str) -> str:
    """The form in which names are stored and compared."""
    return unicodedata.normalize("NFKC", username).strip().casefold()


def csrf_token(token: str) -> str:
    """What a form must carry beside the cookie; another site cannot know it."""
    return hmac.new(token.encode(), b"lotse-csrf", hashlib.sha256).hexdigest()


def sign_in(database: Database, *, tenant: str, username: str, password: str, hours: int) -> SignedIn:
    """A new session, or a 401 or 429 problem that does not tell whether the account exists.

    The attempt is counted before the password is checked, so parallel guesses are counted too; the check itself
    runs between two transactions, since it is slow on purpose.
    """
    username = normalized(username)
    key = token_hash(f"{tenant}\0{username}")
    with database.write() as session:
        _count_attempt(session, key)
        account = session.scalars(
            select(Account).where(Account.tenant == tenant, Account.username == username)
        ).one_or_none()
    usable = account is not None and account.active
    if not password_matches(password, account.password_hash if account and usable else None) or account is None:
        raise Problem(401, "wrong-credentials", "Benutzername oder Passwort stimmt nicht.")
    token = new_token()
    moment = clock.now()
    expires_at = moment + timedelta(hours=hours)
    with database.write() as session:
        session.execute(delete(SignInFailure).where(SignInFailure.name_hash == key))
        session.execute(delete(AccountSession).where(AccountSession.expires_at < moment))
        session.add(
            AccountSession(
                token_hash=token_hash(token),
                account_id=account.id,
                created_at=moment,
                expires_at=expires_at,
                last_seen_at=moment,
            )
        )
        audit.record(
            session, tenant=tenant, account=account, action="sign-in", object_kind="account", object_id=account.id
        )
    return SignedIn(account, token, csrf_token(token), expires_at)


def find_session(database: Database, token: str) -> SignedIn | None:
    """Who holds this token, if the session still lives; notes that they are there."""
    moment = clock.now()
    with database.read() as session:
        row = session.execute(
            select(AccountSession, Account)
            .join(Account, Account.id == AccountSession.account_id)
            .where(AccountSession.token_hash == token_hash(token))
        ).one_or_none()
    if row is None:
        return None
    found, account = row
    if found.expires_at <= moment or not account.active:
        return None
    if not timedelta(0) <= moment - found.last_seen_at < timedelta(seconds=SEEN_EVERY_SECONDS):
        with database.write() as session:
            session.merge(found, load=True).last_seen_at = moment
    return SignedIn(account, token, csrf_token(token), found.expires_at)


def sign_out(session: Session, signed_in: SignedIn) -> None:
    """End this session."""
    session.execute(delete(AccountSession).where(AccountSession.token_hash == token_hash(signed_in.token)))


def present_accounts(session: Session, tenant: str) -> list[Account]:
    """Who of the desk is signed in and was seen within the last minutes."""
    moment = clock.now()
    seen = (
        select(AccountSession.account_id)
        .where(AccountSession.expires_at > moment)
        .where(AccountSession.last_seen_at >= moment - timedelta(minutes=PRESENT_MINUTES))
    )
    accounts = session.scalars(select(Account).where(Account.tenant == tenant, Account.active, Account.id.in_(seen)))
    return [account for account in accounts if may(account, DESK_ROLES)]


def desk_accounts(session: Session, tenant: str) -> list[Account]:
    """Everybody of the tenant to whom work can be given, by name."""
    accounts = session.scalars(
        select(Account).where(Account.tenant == tenant, Account.active).order_by(Account.name)
    )
    return [account for account in accounts if may(account, DESK_ROLES)]


def desk_account(session: Session, *, tenant: str, account_id: str) -> Account:
    """The account to whom work is given; 422 where the tenant has no such person at the desk."""
    account = session.get(Account, account_id)
    if account is None or account.tenant != tenant or not account.active or not may(account, DESK_ROLES):
        raise Problem(422, "unknown-account", "Diese Person gibt es im Team nicht.")
    return account


def may(account: Account, roles: Collection[str]) -> bool:
    """Whether the account has one of the roles; without roles anybody signed in may."""
    return not roles or bool(set(roles) & set(account.roles))


def create_account(
    session: Session,
    *,
    tenant: str,
    username: str,
    name: str,
    password: str,
    roles: Collection[str],
    teams: Collection[str] = (),
    by: Account | None = None,
) -> Account:
    """A new account. Raises ValueError (German) for a name that is taken, an unknown role or a poor password."""
    username = normalized(username)
    if not username or len(username) > 80 or any(character.isspace() for character in username):
        raise ValueError("Der Benutzername braucht 1 bis 80 Zeichen ohne Leerzeichen.")
    if unknown := set(roles) - set(ROLES):
        raise ValueError(f"Unbekannte Rolle: {', '.join(sorted(unknown))}. Es gibt: {', '.join(ROLES)}.")
    if not roles:
        raise ValueError("Ein Konto braucht mindestens eine Rolle.")
    if find_account(session, tenant=tenant, username=username) is not None:
        raise ValueError(f"Den Benutzernamen {username} gibt es schon.")
    account = Account(
        id=new_id(),
        tenant=tenant,
        username=username,
        name=name.strip() or username,
        password_hash=hash_password(password),
        roles=sorted(set(roles)),
        teams=sorted(set(teams)),
        active=True,
        created_at=clock.now(),
    )
    session.add(account)
    session.flush()
    audit.record(
        session,
        tenant=tenant,
        account=by,
        action="account-created",
        object_kind="account",
        object_id=account.id,
        roles=account.roles,
    )
    return account


def set_password(session: Session, account: Account, password: str, *, by: Account | None = None) -> None:
    """A new password; every session of the account ends and a lock is lifted."""
    account.password_hash = hash_password(password)
    session.execute(delete(AccountSession).where(AccountSession.account_id == account.id))
    key = token_hash(f"{account.tenant}\0{account.username}")
    session.execute(delete(SignInFailure).where(SignInFailure.name_hash == key))
    audit.record(
        session,
        tenant=account.tenant,
        account=by,
        action="password-changed",
        object_kind="account",
        object_id=account.id,
    )


def set_active(session: Session, account: Account, active: bool, *, by: Account | None = None) -> None:
    """Open or close an account; a closed one is signed out at once."""
    account.active = active
    if not active:
        session.execute(delete(AccountSession).where(AccountSession.account_id == account.id))
    audit.record(
        session,
        tenant=account.tenant,
        account=by,
        action="account-opened" if active else "account-closed",
        object_kind="account",
        object_id=account.id,
    )


def find_account(session: Session, *, tenant: str, username: str) -> Account | None:
    """The account of that name."""
    return session.scalars(
        select(Account).where(Account.tenant == tenant, Account.username == normalized(username))
    ).one_or_none()


def ensure_first_account(session: Session, tenant: str, password: str | None) -> str | None:
    """Make the first account of a tenant without any; its password if one was made, else None."""
    if session.scalars(select(Account.id).where(Account.tenant == tenant).limit(1)).first() is not None:
        return None
    password = password or new_password()
    create_account(
        session,
        tenant=tenant,
        username=FIRST_USERNAME,
        name="Sachbearbeitung",
        password=password,
        roles=("admin", "caseworker"),
    )
    return password


def _count_attempt(session: Session, key: str) -> None:
    """Count one more attempt; a 429 problem while the name is locked."""
    moment = clock.now()
    session.execute(
        delete(SignInFailure).where(SignInFailure.last_at < moment - timedelta(hours=FAILURES_KEPT_HOURS))
    )
    failure = session.get(SignInFailure, key, with_for_update=True)
    if failure is None:
        with contextlib.suppress(IntegrityError), session.begin_nested():  # or another attempt was quicker
            session.add(SignInFailure(name_hash=key, failed_attempts=0, last_at=moment))
        failure = session.get_one(SignInFailure, key, with_for_update=True)
    if failure.locked_until is not None:
        if failure.locked_until > moment:
            seconds = max(1, round((failure.locked_until - moment).total_seconds()))
            raise Problem(
                429,
                "locked",
                f"Zu viele Fehlversuche. Bitte versuchen Sie es in {-(-seconds // 60)} Minuten noch einmal.",
                headers={"Retry-After": str(seconds)},
            )
        failure.locked_until = None
        failure.failed_attempts = 0
    failure.failed_attempts += 1
    failure.last_at = moment
    if failure.failed_attempts >= MAX_FAILED_ATTEMPTS:
        failure.locked_until = moment + timedelta(minutes=LOCK_MINUTES)  # a right password lifts it again
