"""Password hashes (argon2id) and the rules for new passwords."""

import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from api.problems import Problem

MIN_LENGTH = 12
MAX_LENGTH = 200  # hashing a megabyte would cost the server, not the attacker

# One check takes 64 MiB and tens of milliseconds: a flood of sign-ins must not take the memory or all threads.
PARALLEL_CHECKS = 4
WAIT_SECONDS = 2.0

_hasher = PasswordHasher()
_slots = threading.BoundedSemaphore(PARALLEL_CHECKS)
_unknown_user_hash = _hasher.hash(secrets.token_urlsafe(32))


def new_password() -> str:
    """A password nobody guesses, short enough to type once."""
    return secrets.token_urlsafe(15)


def hash_password(password: str) -> str:
    """What is stored of a password."""
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise ValueError(f"Das Passwort braucht {MIN_LENGTH} bis {MAX_LENGTH} Zeichen.")
    with _slot():
        return _hasher.hash(password)


def password_matches(password: str, stored: str | None) -> bool:
    """Whether the password is right. Without an account (`stored` is None) it takes just as long."""
    with _slot():
        try:
            matches = _hasher.verify(stored or _unknown_user_hash, password)
        except (VerifyMismatchError, VerificationError, InvalidHashError):
            return False
    return matches and stored is not None


@contextmanager
def _slot() -> Iterator[None]:
    if not _slots.acquire(timeout=WAIT_SECONDS):
        raise Problem(
            503,
            "sign-in-busy",
            "Gerade melden sich sehr viele an. Bitte versuchen Sie es in einer Minute noch einmal.",
            headers={"Retry-After": "60"},
        )
    try:
        yield
    finally:
        _slots.release()
