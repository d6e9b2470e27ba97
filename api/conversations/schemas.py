"""Bodies of the conversation calls, as the public interface names them."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from api.text import Cleaned, Paragraph

State = Literal["bot", "waiting", "human", "closed"]
Language = Literal["de", "en", "uk", "ru", "ar", "tr", "de-leicht"]  # api.languages.catalog.NAMES
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


Expected = Literal[
    "free", "yes_no", "choice", "service", "site", "date_time", "name", "phone", "contact", "code", "own_words"
]


class Expects(BaseModel):
    """What kind of answer a question wants, and for which detail of a form; a recogniser listens for that."""

    kind: Expected
    slot: str = ""


class MessageData(BaseModel):
    """What a program needs of a message; further fields depend on its `kind`.

    `language`: of the text, where it is not German. `german_from`: so many paragraphs stand before the German text of
    an answer that is not translated.
    """

    model_config = ConfigDict(extra="allow")

    expects: Expects | None = None
    language: str | None = None
    german_from: int | None = None


DATA_SCHEMA = MessageData.model_json_schema()
# Written out, because a schema of its own inside a field cannot refer to the document's other schemas.
DATA_SCHEMA["properties"]["expects"] = Expects.model_json_schema()
DATA_SCHEMA.pop("$defs", None)


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
    data: Annotated[dict[str, Any], WithJsonSchema(DATA_SCHEMA)] | None = None
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
    """All fields may be left out. `caller` and `can_transfer` are for the voice process: the number a call comes from
    (E.164) and whether its line can be put through to an extension."""

    tenant: str | None = Field(default=None, max_length=60)
    channel: Literal["web", "phone", "api"] = "web"
    language: Language = "de"
    caller: Annotated[str, Field(max_length=20)] | None = None
    can_transfer: bool = False


class ConversationStarted(BaseModel):
    """`token` is the citizen's only key; it is shown once."""

    id: str
    token: str
    state: State
    language: Language
    messages: list[MessageOut]


class ConversationOut(BaseModel):
    """The whole transcript."""

    id: str
    state: State
    language: Language
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
    """The replies to one message, and the language of the conversation after it."""

    state: State
    language: Language = "de"
    messages: list[MessageOut]


class ChooseLanguage(BaseModel):
    """What Lotse shall write from now on."""

    language: Language


class GiveFeedback(BaseModel):
    """Whether a reply helped."""

    message_id: str = Field(max_length=36)
    helpful: bool
    comment: Annotated[str, Cleaned, Field(max_length=1000)] | None = None
