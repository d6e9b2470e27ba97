"""Bodies of the handoff calls."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, Field, model_validator

from api.conversations.schemas import CitationOut, MessageOut
from api.conversations.schemas import State as ConversationState
from api.text import Cleaned, Line, Paragraph, clean

HandoffState = Literal["waiting", "claimed", "closed", "released", "withdrawn", "missed"]

MAX_COLLECTED = 40
ASKED_FOR_PERSON = "Wunsch nach einem Menschen"


def collected_fields(values: dict[str, Any]) -> dict[str, str]:
    """Fields as short texts: what a form collected, whatever the dialogue's types were."""
    if len(values) > MAX_COLLECTED:
        raise ValueError(f"Es sind höchstens {MAX_COLLECTED} Angaben möglich.")
    kept = {}
    for key, value in values.items():
        said = ("ja" if value else "nein") if isinstance(value, bool) else value
        if isinstance(said, (str, int, float)) and (text := str(clean(str(said)))):
            kept[str(clean(key))[:60]] = text[:1000]
    return kept


class RequestHandoff(BaseModel):
    """All fields may be left out. `reason` says why the dialogue passes on; `collected` what forms asked already,
    under names a caseworker reads."""

    reason: Line = ASKED_FOR_PERSON
    topic: Annotated[str, Cleaned, Field(max_length=100)] | None = None
    site: Annotated[str, Cleaned, Field(max_length=60)] | None = None
    urgent: bool = False
    collected: Annotated[dict[str, Any], AfterValidator(collected_fields)] = {}


class HandoffQueued(BaseModel):
    """A person will come, or is already there (`state` human). No estimate where there is no experience yet."""

    available: Literal[True] = True
    state: Literal["waiting", "human"]
    position: int | None
    estimated_wait_minutes: int | None
    message: str
    spoken: str


class HandoffUnavailable(BaseModel):
    """Nobody can come; nothing was queued."""

    available: Literal[False] = False
    reason: Literal["out_of_hours", "holiday", "all_away"]
    opens_at: datetime | None
    message: str
    spoken: str


CallState = Literal["ringing", "through", "failed", "hung_up"]


class PersonOut(BaseModel):
    """A caseworker."""

    id: str
    name: str


class HandoffOut(BaseModel):
    """One handoff in a list. `concern` is quoted from the citizen; `unanswered_since` while they wait for a reply."""

    id: str
    conversation: str
    channel: str
    state: HandoffState
    team: str
    topic: str | None
    urgent: bool
    call_state: CallState | None
    site: str | None
    reason: str
    concern: str | None
    position: int | None
    requested_at: datetime
    claimed_at: datetime | None
    claimed_by: PersonOut | None
    meant_for: PersonOut | None
    unanswered_since: datetime | None
    first_reply_at: datetime | None
    closed_at: datetime | None


class GivenAnswer(BaseModel):
    """An article that the citizen was already told."""

    article: str
    title: str
    citations: list[CitationOut]


class SummaryOut(BaseModel):
    """Quoted from the conversation as it stood at the request."""

    concern: str | None
    reason: str
    answers: list[GivenAnswer]


class NoteOut(BaseModel):
    """A note among colleagues."""

    id: str
    author: str
    text: str
    created_at: datetime


class HandoffDetail(HandoffOut):
    """Everything about one handoff."""

    conversation_state: ConversationState
    # A call: the number it came from, and whether the caller is still on the line.
    caller: str | None
    on_the_line: bool
    summary: SummaryOut
    collected: dict[str, str]
    transcript: list[MessageOut]
    notes: list[NoteOut]


class WriteText(BaseModel):
    """A reply or a note."""

    text: Paragraph


class TransferHandoff(BaseModel):
    """To a team, a person, or both; the note is for whoever takes over."""

    team: str | None = Field(default=None, max_length=60)
    account: str | None = Field(default=None, max_length=36)
    note: Paragraph | None = None

    @model_validator(mode="after")
    def somewhere(self) -> Self:
        """At least one target."""
        if self.team is None and self.account is None:
            raise ValueError("Bitte wählen Sie ein Team oder eine Person.")
        return self
