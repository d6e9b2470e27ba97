"""Bodies of the editors' calls: drafts of articles, what is said about them, and questions nobody could answer."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from api.text import Cleaned, Line, Paragraph, clean
from knowledge.articles import Facet, StepReference

RevisionState = Literal["draft", "published", "replaced", "withdrawn", "rejected"]
GapState = Literal["open", "proposed", "done", "ignored"]
GapReason = Literal["unanswered", "unhelpful"]
Register = Literal["standard", "colloquial", "misspelt", "simple", "speech"]

MOST_LINES = 60
LONGEST_LINE = 300
LONGEST_TEXT = 8000


def _lines(value: object) -> object:
    """Lines without empty ones and without control characters."""
    if not isinstance(value, list):
        return value
    cleaned = [" ".join(line.split()) if isinstance(line, str) else line for line in map(clean, value)]
    return [line for line in cleaned if line != ""]


def _known_id(value: str) -> str:
    if not value.replace("-", "a").isalnum() or not value.isascii() or value != value.lower() or value[0] == "-":
        raise ValueError("Die Kennung besteht aus Kleinbuchstaben, Ziffern und Bindestrichen.")
    return value


ArticleId = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(_known_id)]
Lines = Annotated[
    list[Annotated[str, Field(max_length=LONGEST_LINE)]], BeforeValidator(_lines), Field(max_length=MOST_LINES)
]
LongText = Annotated[str, Cleaned, Field(max_length=LONGEST_TEXT)]
ShortText = Annotated[str, Cleaned, Field(max_length=200)]


class ArticleFields(BaseModel):
    """What an editor writes. A field that is not sent stays as it is; a draft may be incomplete, publishing may not.

    `body` is Markdown; amounts stand in it as references such as `{{ amounts.regelbedarf.stufe_1 }}`.
    """

    model_config = ConfigDict(extra="forbid")

    title: ShortText = ""
    topic: Annotated[str, Cleaned, Field(max_length=60, pattern=r"^[a-z0-9-]*$")] = ""
    facet: Facet = "what"
    questions: Lines = []
    citations: Lines = []
    valid_from: date | None = None
    valid_to: date | None = None
    reviewed_by: ShortText = ""
    next_steps: list[StepReference] = Field(default=[], max_length=12)
    spoken: LongText = ""
    easy: LongText = ""
    body: LongText = ""

    def sent(self) -> dict[str, Any]:
        """The fields that were sent, as they stand in an article's file."""
        fields = self.model_dump(include=self.model_fields_set, exclude={"note", "revision", "id", "trial_questions"})
        if "next_steps" in fields:
            fields["next_steps"] = [step.model_dump(exclude_none=True) for step in self.next_steps]
        return fields


class NewArticle(ArticleFields):
    """A new article. `note` tells the second person why."""

    id: ArticleId
    title: Line
    note: Annotated[str, Cleaned, Field(max_length=1000)] = ""


class ChangeArticle(ArticleFields):
    """A change. `revision` is the number that was read before (0: the file); the header `If-Match` may carry it too."""

    revision: int | None = Field(default=None, ge=0)
    note: Annotated[str, Cleaned, Field(max_length=1000)] = ""


class PreviewArticle(ArticleFields):
    """A draft to be looked at, with questions to try (else its title and its first questions)."""

    id: ArticleId
    trial_questions: Lines = []


class Publish(BaseModel):
    """`revision` is the draft that was read. `confirm`: publish although test questions fail."""

    revision: int | None = Field(default=None, ge=1)
    confirm: bool = False


class Reject(BaseModel):
    """Why the draft goes back."""

    reason: Paragraph


class Withdraw(BaseModel):
    """Why the answer must not be given any more."""

    reason: Paragraph


class Rollback(BaseModel):
    """The revision whose text comes back; 0 is the file."""

    revision: int = Field(ge=0)
    note: Annotated[str, Cleaned, Field(max_length=1000)] = ""


class RevisionOut(BaseModel):
    """One text of an article with its story."""

    article: str
    layer: str
    revision: int
    state: RevisionState
    title: str
    note: str
    author: str
    created_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    reason: str


class SourceOut(BaseModel):
    """An article as editors see it: fields as written, before amounts are filled in.

    `revision` is the newest number of the layer, to be sent with a change; 0 where only the file exists.
    `origin`: draft, published, withdrawn (a revision of this layer), file, or inherited (a more general layer's text).
    """

    article: str
    layer: str
    revision: int
    origin: Literal["draft", "published", "withdrawn", "file", "inherited"]
    fields: dict[str, Any]
    markdown: str


class FindingOut(BaseModel):
    """One finding of the check. Errors keep an article from being published, notes do not."""

    level: Literal["error", "note"]
    place: str
    text: str


class TrialHit(BaseModel):
    """One place in the ranking of a tried question."""

    article: str
    title: str
    score: float


class TrialOut(BaseModel):
    """How a question would be answered with the draft published.

    `found`: the expected article is the answer, or one of the choices offered.
    """

    question: str
    expected: str
    decision: Literal["answer", "clarify", "abstain"]
    confidence: float
    hits: list[TrialHit]
    found: bool


class PreviewOut(BaseModel):
    """The draft as citizens would get it. Texts are None where it cannot be filled in; the findings say why."""

    article: str
    title: str
    text: str | None
    spoken: str | None
    easy: str | None
    citations: list[dict[str, str]]
    findings: list[FindingOut]
    trials: list[TrialOut]


class PublishedOut(RevisionOut):
    """A published revision, with what remains to be looked at."""

    findings: list[FindingOut]
    trials: list[TrialOut]


class DraftOut(RevisionOut):
    """A draft that waits for a second person. `mine`: my words stand in it, so somebody else must publish it."""

    mine: bool


class GapOut(BaseModel):
    """A question without a good answer. Personal data was removed as far as it was recognised."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    question: str
    channel: str
    reason: GapReason
    offered: list[str]
    times: int
    state: GapState
    article: str | None
    note: str
    first_at: datetime
    last_at: datetime


class ChangeGap(BaseModel):
    """Move a gap on. Fields that are left out stay."""

    state: Literal["open", "done", "ignored"] | None = None
    note: Annotated[str, Cleaned, Field(max_length=1000)] | None = None


class Propose(BaseModel):
    """Make a draft of a gap: a new article (`id`, `title`, `topic`), or its question added to an existing `article`.

    `question`: the wording, where it needs correcting; it is the test question that is stored too.
    """

    article: ArticleId | None = None
    id: ArticleId | None = None
    title: ShortText = ""
    topic: Annotated[str, Cleaned, Field(max_length=60, pattern=r"^[a-z0-9-]*$")] = ""
    facet: Facet = "what"
    question: Annotated[str, Cleaned, Field(max_length=LONGEST_LINE)] = ""


class ProposalOut(BaseModel):
    """The draft and the gap it closes once it is published."""

    draft: RevisionOut
    gap: GapOut


class NewTestQuestion(BaseModel):
    """A question with the article that must answer it."""

    question: Annotated[str, Cleaned, Field(min_length=3, max_length=LONGEST_LINE)]
    article: ArticleId
    register_: Register = Field(default="colloquial", alias="register")


class TestQuestionOut(BaseModel):
    """In the shape of the evaluation's questions."""

    __test__ = False  # pytest: not a class of tests

    question: str
    article: str
    register_: Register = Field(alias="register")
    also: list[str] = []
