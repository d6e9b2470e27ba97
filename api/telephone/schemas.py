"""Bodies of the telephone calls."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, Field

from api.handoff.schemas import ASKED_FOR_PERSON, collected_fields
from api.text import Cleaned, Line

Number = Annotated[str, Field(pattern=r"^\+?[0-9*#]{1,20}$")]


class AskTarget(BaseModel):
    """Why and where to a call shall go; what the dialogue knows is added to an open request."""

    reason: Line = ASKED_FOR_PERSON
    topic: Annotated[str, Cleaned, Field(max_length=100)] | None = None
    site: Annotated[str, Field(max_length=60)] | None = None
    urgent: bool = False
    collected: Annotated[dict[str, Any], AfterValidator(collected_fields)] = {}


class TransferTarget(BaseModel):
    """The extension to dial; the console shows the request already. `sentence` is said to the caller first."""

    available: Literal[True] = True
    target: str
    team: str
    handoff_id: str
    sentence: str


class NoTarget(BaseModel):
    """Nobody can be put through to. `offer`: a callback (a yes to `sentence` starts it), or to wait in the queue."""

    available: Literal[False] = False
    reason: Literal["out_of_hours", "holiday", "all_away", "no_extension"]
    opens_at: datetime | None = None
    offer: Literal["callback", "wait"]
    handoff_id: str | None = None
    sentence: str


class TransferResult(BaseModel):
    """How it went; `reason` is for the log."""

    ok: bool
    reason: Annotated[str, Cleaned, Field(max_length=200)] = ""


class PutThrough(BaseModel):
    """Where to; left out: the extension that fits the request. `attended`: speak with the colleague first."""

    target: Number | None = None
    attended: bool = False


class SoundKept(BaseModel):
    """The message that the sound now belongs to."""

    receipt: str
    seconds: float
