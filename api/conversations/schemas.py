"""Bodies of the conversation calls, as the public interface names them."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from api.text import Cleaned, Paragraph

State = Literal["bot", "waiting", "human", "closed"]
Role = Literal["citizen", "bot", "caseworker", "system"]
Kind = Literal[
    "text", "answer", "clarify", "abstain", "form", "appointment", "message_receipt", "handoff", "crisis"
]


def _empty(value: object) -> object:
    return value or []


class CitationOut(BaseModel):
    """A source; a law's `label` is exactly `§ 32 SGB II`."""

    label: str
    title: str = ""
    url: str = ""
    as_of: str = ""


class Choice(BaseModel):
    """A button: what it says and what pressing it sends."""

    title: str = Field(max_length=200)
    payload: str = Field(max_length=500)


class MessageOut(BaseModel):
    """One line of a conversation."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    role: Role
    kind: Kind
    text: str
    spoken: str | None = None
    citations: Annotated[list[CitationOut], BeforeValidator(_empty)] = []
    choices: Annotated[list[Choice], BeforeValidator(_empty)] = []
    article: str | None = None
    confidence: float | None = None
    data: dict[str, Any] | None = None
    created_at: datetime


class Reply(BaseModel):
    """What the dialogue says: a message before it is stored."""

    model_config = ConfigDict(extra="ignore")

    kind: Kind = "text"
    text: str = Field(min_length=1, max_length=8000)
    spoken: str | None = None
    citations: Annotated[list[CitationOut], BeforeValidator(_empty)] = []
    choices: Annotated[list[Choice], BeforeValidator(_empty)] = []
    article: str | None = None
    confidence: float | None = None
    data: dict[str, Any] | None = None


class StartConversation(BaseModel):
    """All fields may be left out."""

    tenant: str | None = Field(default=None, max_length=60)
    channel: Literal["web", "phone", "api"] = "web"
    language: Literal["de"] = "de"


class ConversationStarted(BaseModel):
    """`token` is the citizen's only key; it is shown once."""

    id: str
    token: str
    state: State
    messages: list[MessageOut]


class ConversationOut(BaseModel):
    """The whole transcript."""

    id: str
    state: State
    messages: list[MessageOut]


class SendMessage(BaseModel):
    """Either what the citizen wrote, or the payload of a pressed choice."""

    text: Paragraph | None = None
    payload: Annotated[str, Cleaned, Field(min_length=1, max_length=500)] | None = None

    @model_validator(mode="after")
    def exactly_one(self) -> Self:
        """Text and payload exclude each other."""
        if (self.text is None) == (self.payload is None):
            raise ValueError("Bitte schreiben Sie etwas oder wählen Sie eine Antwort.")
        return self


class Turn(BaseModel):
    """The replies to one message."""

    state: State
    messages: list[MessageOut]


class GiveFeedback(BaseModel):
    """Whether a reply helped."""

    message_id: str = Field(max_length=36)
    helpful: bool
    comment: Annotated[str, Cleaned, Field(max_length=1000)] | None = None
