"""Tokens that open `/voice/stream`: signed, for one dialect, until a moment.

For exchanges that need one in their configuration:

    LOTSE_VOICE_STREAM_SECRET=… python -m voice.lines.tokens asterisk --days 365
"""

import argparse
import hashlib
import hmac
import os
import sys
import time


def sign_token(secret: str, dialect: str, expires: float) -> str:
    """A token; `expires` in seconds since 1970."""
    until = int(expires)
    return f"{until}.{_signature(secret, dialect, until)}"


def check_token(secret: str, dialect: str, token: str, now: float | None = None) -> bool:
    """Whether the token was signed by us, for this dialect, and has not expired. An empty secret signs nothing."""
    until, _, signature = token.partition(".")
    if not secret or not until.isascii() or not until.isdigit() or len(until) > 12:
        return False
    expected = _signature(secret, dialect, int(until))
    return hmac.compare_digest(expected.encode(), signature.encode()) and int(until) > (now or time.time())


def _signature(secret: str, dialect: str, until: int) -> str:
    return hmac.new(secret.encode(), f"voice-stream:{dialect}:{until}".encode(), hashlib.sha256).hexdigest()


def main() -> None:
    """Print a token."""
    parser = argparse.ArgumentParser(description="A token for the query of /voice/stream")
    parser.add_argument("dialect", choices=("browser", "asterisk", "jambonz", "twilio"))
    parser.add_argument("--days", type=float, default=365)
    arguments = parser.parse_args()
    secret = os.environ.get("LOTSE_VOICE_STREAM_SECRET", "")
    if not secret:
        sys.exit("LOTSE_VOICE_STREAM_SECRET is not set")
    print(sign_token(secret, arguments.dialect, time.time() + arguments.days * 86400))


if __name__ == "__main__":
    main()
