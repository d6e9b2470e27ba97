"""Names of calls, callers and extensions."""

import re
import secrets

import phonenumbers

EXTENSION = re.compile(r"[0-9A-Za-z+*#._-]{1,64}")


def new_call_id() -> str:
    """A name for a call: url-safe, says nothing about the caller, cannot be guessed."""
    return secrets.token_urlsafe(12)


def e164(number: str, country: str) -> str | None:
    """A caller's number in E.164, or None for anything that is none, such as "anonymous" or an extension."""
    try:
        parsed = phonenumbers.parse(number, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(parsed):
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
