"""Bodies of the inbox calls."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, Field, model_validator

from api.contact import contact, telephone
from api.handoff.schemas import PersonOut
from api.text import Cleaned, Line, Paragraph, clean

Kind = Literal["message", "callback"]
ItemState = Literal["new", "in_progress", "done"]


def _none_if_empty(value: object) -> object:
    return None if isinstance(value, str) and not clean(value) else value


Optional = BeforeValidator(_none_if_empty)


class LeaveMessage(BaseModel):
    """A message or a callback request. A callback needs a telephone number."""

    conversation: str | None = Field(default=None, max_length=36)
    tenant: str | None = Field(default=None, max_length=60)
    kind: Kind = "message"
    name: Annotated[Line | None, Optional] = None
    contact: Annotated[Line | None, Optional] = None
    topic: Annotated[Annotated[str, Cleaned, Field(max_length=100)] | None, Optional] = None
    text: Paragraph
    preferred_time: Annotated[Line | None, Optional] = None

    @model_validator(mode="after")
    def can_be_reached(self) -> Self:
        """Contact in its standard form."""
        if self.kind == "callback":
            self.contact = telephone(self.contact or "")
        elif self.contact is not None:
            self.contact = contact(self.contact)
        return self


class Receipt(BaseModel):
    """What the citizen keeps; `message` says it in a sentence."""

    receipt: str
    kind: Kind
    contact: str | None
    team: str
    created_at: datetime
    message: str


class NoteOut(BaseModel):
    """A note among colleagues."""

    id: str
    author: str
    text: str
    created_at: datetime


class ItemOut(BaseModel):
    """One item of the inbox."""

    id: str
    receipt: str
    conversation: str | None
    kind: Kind
    name: str | None
    contact: str | None
    topic: str | None
    team: str
    text: str
    preferred_time: str | None
    state: ItemState
    assigned_to: PersonOut | None
    created_at: datetime
    updated_at: datetime
    done_at: datetime | None
    notes: list[NoteOut]


class ChangeItem(BaseModel):
    """Fields that are left out stay as they are; `assigned_to: null` takes the assignment back."""

    state: ItemState | None = None
    assigned_to: str | None = Field(default=None, max_length=36)
    note: Annotated[Paragraph | None, Optional] = None
