"""By which form of a contact open bookings are counted."""

import phonenumbers


def contact_key(contact: str) -> str:
    """The same for every spelling of a checked contact: case, a `+tag` or an extension make no other person."""
    local_part, at, domain = contact.rpartition("@")
    if at:
        return f"{local_part.split('+')[0]}@{domain}".casefold()
    return phonenumbers.format_number(phonenumbers.parse(contact, "DE"), phonenumbers.PhoneNumberFormat.E164)
