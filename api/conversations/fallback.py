"""What the hub says by itself while the dialogue is away: answers from the knowledge, takes messages, hands over.

Bookings are paused then. Whatever is asked here is remembered in `Conversation.pending_question`, because the
dialogue knows nothing of it.
"""

import json
import re

from sqlalchemy.orm import Session
from starlette.datastructures import State as AppState

from api.conversations import languages, service
from api.conversations.models import Conversation
from api.conversations.schemas import Choice, CitationOut, Reply, SendMessage
from api.handoff import service as handoff
from api.inbox import service as inbox
from api.languages.catalog import EASY, NAMES, translated
from knowledge.library import Article, Hit

MESSAGE = "message"
DEGRADED = {"degraded": True}

LEAVE_MESSAGE = Choice(title="Nachricht hinterlassen", payload="/leave_message")
TALK_TO_HUMAN = Choice(title="Mit einem Menschen sprechen", payload="/talk_to_human")
STOP = Choice(title="Abbrechen", payload="/stop")
WAYS_OUT = [LEAVE_MESSAGE, TALK_TO_HUMAN]

PAUSED = (
    "Termine kann ich gerade nicht buchen oder ändern: Ein Teil von mir ist gestört. "
    "Fragen beantworte ich weiter. Sie können auch eine Nachricht hinterlassen."
)
ASK_MESSAGE = (
    "Was möchten Sie dem Jobcenter mitteilen? Schreiben Sie bitte alles in eine Nachricht. "
    "Wenn Sie eine Antwort möchten, nennen Sie auch Ihren Namen und Ihre Telefonnummer oder E-Mail-Adresse."
)
MESSAGE_LEFT = (
    "Ihre Nachricht ist angekommen. Die Nummer ist {receipt}. Das Jobcenter liest sie und meldet sich bei Ihnen, wenn "
    "Sie Name und Kontakt genannt haben."
)
EASY_ON = "Gut. Ich schreibe jetzt in Leichter Sprache. Was möchten Sie wissen?"
# Emergencies are recognised by the dialogue; without it, the numbers stand under everything that is not understood.
UNSURE = (
    "Das weiß ich nicht sicher, und raten möchte ich nicht. Ein Mensch im Jobcenter kann Ihnen helfen.\n\n"
    "Bei Gefahr wählen Sie 112. Wenn Sie nicht mehr weiterwissen: Telefonseelsorge 0800 1110111, Tag und Nacht, "
    "kostenlos."
)
# The same as one says it.
PAUSED_SPOKEN = "Termine kann ich gerade nicht buchen oder ändern: Ein Teil von mir ist gestört."
ASK_MESSAGE_SPOKEN = "Was soll ich dem Jobcenter mitteilen? Für eine Antwort nennen Sie auch Namen und Telefonnummer."
UNSURE_SPOKEN = (
    "Das weiß ich nicht sicher, und raten möchte ich nicht. Bei Gefahr: 1 1 2. "
    "Möchten Sie eine Nachricht hinterlassen oder mit einem Menschen sprechen?"
)
PAYLOAD = re.compile(r"^/(?P<intent>\w+)(?P<entities>\{.*\})?$", re.DOTALL)


def reply(state: AppState, conversation_id: str, turn: service.OpenTurn, body: SendMessage) -> list[Reply]:
    """The hub's own replies to a turn."""
    intent, entities = _parse(body.payload)
    with state.database.write() as session:
        conversation = service.get_conversation(session, conversation_id)
        pending, conversation.pending_question = conversation.pending_question, None
        if pending == MESSAGE and body.text:
            entry = inbox.leave_message(
                session, conversation=conversation, tenant=state.tenants[turn.tenant], text=body.text
            )
            return [_said(
                translated(MESSAGE_LEFT, turn.language, receipt=entry.receipt),
                kind="message_receipt",
                spoken=f"Ihre Nachricht ist angekommen. Die Nummer ist {', '.join(entry.receipt.replace('-', ''))}.",
                data={"receipt": entry.receipt},
            )]
        if intent in {"leave_message", "request_callback"}:
            conversation.pending_question = MESSAGE
            return [_said(ASK_MESSAGE, kind="form", spoken=ASK_MESSAGE_SPOKEN, choices=[STOP], expects="own_words")]
        if intent == "talk_to_human":
            return [_hand_over(state, session, conversation)]
        if intent == "change_language" and entities.get("language") in NAMES:
            languages.choose(session, conversation_id, str(entities["language"]))
            return [_said(EASY_ON if entities["language"] == EASY else languages.SWITCHED, choices=WAYS_OUT)]
    library = state.libraries.get(turn.tenant)
    if intent == "ask_article":
        article = library.article(str(entities.get("article", "")))
        if article is not None:
            return [_answer(article, article.id, 1.0)]
    if body.payload:
        return [_said(PAUSED, spoken=PAUSED_SPOKEN, choices=WAYS_OUT)]
    result = library.search(body.text or "", limit=3, language=turn.language)
    if result.decision == "answer":
        return [_answer(result.hits[0], result.hits[0].article, result.confidence)]
    if result.decision == "clarify":
        choices = [
            Choice(title=hit.title, payload="/ask_article" + json.dumps({"article": hit.article}))
            for hit in result.hits
        ]
        heard = "; ".join(hit.title.rstrip("?") for hit in result.hits)
        return [_said("Was davon meinen Sie?", kind="clarify", spoken=f"Was davon meinen Sie? {heard}?",
                      choices=[*choices, TALK_TO_HUMAN], confidence=result.confidence, expects="choice")]
    unsure = "\n\n".join(translated(part, turn.language) for part in (UNSURE, PAUSED))
    return [_said(unsure, kind="abstain", spoken=UNSURE_SPOKEN, choices=WAYS_OUT,
                  confidence=result.confidence, expects="choice")]


def _hand_over(state: AppState, session: Session, conversation: Conversation) -> Reply:
    library = state.libraries.get(conversation.tenant)
    asked = handoff.request_handoff(
        session,
        conversation,
        tenant=state.tenants[conversation.tenant],
        title_of=lambda article: found.title if (found := library.article(article)) else None,
    )
    return _said(
        asked.message,
        kind="handoff",
        spoken=asked.spoken if asked.available else f"{asked.spoken} Möchten Sie eine Nachricht hinterlassen?",
        choices=[] if asked.available else [LEAVE_MESSAGE],
        data={"available": asked.available},
    )


def _parse(payload: str | None) -> tuple[str | None, dict[str, object]]:
    match = PAYLOAD.match(payload or "")
    if match is None:
        return None, {}
    try:
        entities = json.loads(match["entities"] or "{}")
    except ValueError:
        entities = {}
    return match["intent"], entities


def _answer(source: Hit | Article, article_id: str, confidence: float) -> Reply:
    return Reply(
        kind="answer",
        text=source.text,
        spoken=source.spoken,
        citations=[
            CitationOut(label=c.label, title=c.title, url=c.url, as_of=c.as_of.isoformat()) for c in source.citations
        ],
        choices=[TALK_TO_HUMAN],
        article=article_id,
        confidence=confidence,
        data=DEGRADED,
    )


def _said(
    text: str, *, data: dict[str, object] | None = None, expects: str | None = None, **fields: object
) -> Reply:
    wanted = {"expects": {"kind": expects, "slot": ""}} if expects else {}
    return Reply.model_validate({"text": text, **fields, "data": {**DEGRADED, **wanted, **(data or {})}})
