"""Bodies of the account calls."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from api.accounts.passwords import MAX_LENGTH
from api.text import Line

Password = Annotated[str, Field(min_length=1, max_length=MAX_LENGTH)]


class SignIn(BaseModel):
    """`tenant` may be left out where the installation serves one municipality."""

    username: Line
    password: Password
    tenant: str | None = Field(default=None, max_length=60)


class AccountOut(BaseModel):
    """An account as its owner sees it."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    tenant: str
    username: str
    name: str
    roles: list[str]
    teams: list[str]


class SessionOut(BaseModel):
    """`csrf` goes into the header `X-Lotse-CSRF` of every change made with the cookie."""

    csrf: str
    expires_at: datetime
    account: AccountOut


class SessionStarted(SessionOut):
    """`token` is the bearer token for programs; browsers get it as a cookie."""

    token: str


class Colleague(BaseModel):
    """Somebody to whom work can be given; `present`: signed in and seen within the last minutes."""

    id: str
    name: str
    teams: list[str]
    present: bool
