"""Promises about contacts: who counts as the same person when open bookings are counted."""

import pytest

from api.appointments.contacts import contact_key
from api.contact import contact


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Erika@mail.example", "erika@MAIL.example"),
        ("erika+1@mail.example", "erika+2@mail.example"),
        ("0170 1234567", "+49 (170) 123 45 67"),
        ("0170 1234567 ext. 5", "0170 1234567"),
    ],
)
def test_spelling_does_not_make_another_person(one, other):
    assert contact_key(contact(one)) == contact_key(contact(other))


def test_different_addresses_are_different_persons():
    assert contact_key("erika@mail.example") != contact_key("erik@mail.example")
    assert contact_key("+491701234567") != contact_key("+491701234568")
