"""Identifiers and secrets: who may see what without an account hangs on these being unguessable."""

import hashlib
import hmac
import secrets
import uuid

# No 0/O, 1/I/L, U/V: people read these codes aloud and copy them by hand.
READABLE = "23456789ABCDEFGHJKMNPQRSTWXYZ"


def new_id() -> str:
    """An identifier nobody can guess."""
    return str(uuid.uuid4())


def new_token() -> str:
    """A secret for one conversation, appointment or session; only its hash is stored."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """What is stored of a token; tokens have full entropy, so one round of SHA-256 is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


def token_matches(token: str, stored_hash: str) -> bool:
    """Compared in constant time."""
    return hmac.compare_digest(token_hash(token), stored_hash)


def readable_code(length: int = 5) -> str:
    """A short code for people, e.g. `7KQ4F`."""
    return "".join(secrets.choice(READABLE) for _ in range(length))
