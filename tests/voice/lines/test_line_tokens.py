"""A token opens its dialect until its moment, and nothing else does."""

from hypothesis import given
from hypothesis import strategies as st

from voice.lines.tokens import check_token, sign_token


def test_a_token_opens_its_dialect_until_it_expires() -> None:
    token = sign_token("secret", "browser", 1000)
    assert check_token("secret", "browser", token, now=999)
    assert not check_token("secret", "browser", token, now=1000)
    assert not check_token("secret", "asterisk", token, now=999)
    assert not check_token("other", "browser", token, now=999)


def test_without_a_secret_no_token_is_valid() -> None:
    assert not check_token("", "browser", sign_token("", "browser", 10**10), now=0)


@given(st.text())
def test_no_text_is_a_token(text: str) -> None:
    assert not check_token("secret", "browser", text, now=0)


def test_a_later_end_cannot_be_written_into_a_token() -> None:
    signature = sign_token("secret", "browser", 1000).partition(".")[2]
    assert not check_token("secret", "browser", f"9999999999.{signature}", now=999)
