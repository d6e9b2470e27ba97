"""How somebody can be reached: a telephone number or an e-mail address, checked and written in one way."""

import phonenumbers
from email_validator import EmailNotValidError, validate_email

REGION = "DE"


def telephone(text: str) -> str:
    """A number that can be dialled, as `+49 69 90009123`; a German ValueError otherwise."""
    try:
        number = phonenumbers.parse(text, REGION)
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_valid_number(number):
        raise ValueError("Bitte geben Sie eine Telefonnummer mit Vorwahl an, zum Beispiel 069 90009123.")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def dialled(number: str | None) -> str | None:
    """The number of a call in E.164; None for a hidden or internal one, which nobody could call back."""
    try:
        parsed = phonenumbers.parse(number or "", REGION)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(parsed):
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def contact(text: str) -> str:
    """A telephone number or an e-mail address; a German ValueError otherwise."""
    if "@" not in text:
        try:
            return telephone(text)
        except ValueError as error:
            raise ValueError("Bitte geben Sie eine Telefonnummer mit Vorwahl oder eine E-Mail-Adresse an.") from error
    try:
        return validate_email(text, check_deliverability=False).normalized
    except EmailNotValidError as error:
        raise ValueError("Diese E-Mail-Adresse ist nicht vollständig.") from error
