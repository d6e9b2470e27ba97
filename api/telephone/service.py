"""Rules of calls: where they go, what happens when nobody answers there, and what is left of them afterwards.

Nothing of what was said outlives the call, unless the caller agreed or a person still needs it: then the request for a
person keeps the text until it is done. Appointments and messages hold themselves what they need.
"""

import io
import wave
from collections.abc import Callable
from datetime import timedelta

import structlog
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from api import clock
from api.accounts.service import present_accounts
from api.conversations.models import Conversation, Message
from api.conversations.service import get_conversation, set_state
from api.handoff import service as handoffs
from api.handoff.models import Handoff
from api.handoff.queue import open_handoff
from api.handoff.routing import team_name
from api.handoff.schemas import HandoffUnavailable
from api.inbox.models import InboxItem, InboxSound
from api.privacy.service import forget_dialogue
from api.problems import Problem
from api.settings import Settings
from api.telephone.questions import offer_callback
from api.telephone.schemas import AskTarget, NoTarget, SoundKept, TransferTarget
from knowledge.tenants import Tenant

log = structlog.get_logger()

PACKET_HOURS = 24  # so long the person a call was put through to can read what was said before
ABANDONED_HOURS = 2  # a call whose end nobody reported; the longest call is far shorter
INTERNAL_DIGITS = 6  # up to so many digits a number stays within the exchange
SOUND_BYTES = 2 * 1024 * 1024

NOBODY_ANSWERS = "Dort nimmt gerade niemand ab."


def get_call(session: Session, conversation_id: str) -> Conversation:
    """The conversation of a call; a 404 problem for any other."""
    found = get_conversation(session, conversation_id)
    if found.channel != "phone":
        raise Problem(404, "unknown-call", "Diesen Anruf gibt es nicht.")
    return found


# ---- to a person


def transfer_target(
    session: Session,
    conversation: Conversation,
    *,
    tenant: Tenant,
    asked: AskTarget,
    title_of: Callable[[str], str | None],
) -> TransferTarget | NoTarget:
    """Where to put a call through, by hours, topic and place. The desk sees the request before its telephone rings."""
    conversation.can_transfer = True
    answer = handoffs.request_handoff(
        session,
        conversation,
        tenant=tenant,
        reason=asked.reason,
        topic=asked.topic or None,
        site=asked.site,
        urgent=asked.urgent,
        collected=asked.collected,
        title_of=title_of,
    )
    if isinstance(answer, HandoffUnavailable):
        offered = offer_callback(session, conversation, answer.spoken)
        return NoTarget(
            reason=answer.reason, opens_at=answer.opens_at, offer="callback", sentence=offered.spoken or offered.text
        )
    found = open_handoff(session, conversation.id)
    if found is None:  # closed by the desk at this very moment
        raise Problem(409, "handoff-over", "Diese Anfrage ist schon beendet.")
    target = extension_of(found, conversation, tenant)
    if target is None:
        return NoTarget(reason="no_extension", offer="wait", handoff_id=found.id, sentence=answer.spoken)
    handoffs.note_call(session, found, "ringing")
    return TransferTarget(
        target=target,
        team=found.team,
        handoff_id=found.id,
        sentence=f"Ich verbinde Sie jetzt: {team_name(tenant, found.team)}. Einen Moment bitte.",
    )


def extension_of(found: Handoff, conversation: Conversation, tenant: Tenant) -> str | None:
    """The number for a request: of its team, its site and the language of the call."""
    return tenant.telephone.number_for(team=found.team, site=found.site, language=conversation.language)


def dialable(number: str, tenant: Tenant) -> bool:
    """Whether a call may be sent there: to the tenant's own numbers or within its exchange, nowhere that costs."""
    own = {entry.number for entry in tenant.telephone.extensions} | {tenant.telephone.overflow}
    return number in own or (len(number) <= INTERNAL_DIGITS and number.isdigit() and not number.startswith("0"))


def transfer_result(
    session: Session, conversation: Conversation, *, tenant: Tenant, ok: bool, reason: str = ""
) -> list[Message]:
    """Note how putting through went. After a failure: what the caller is told; somebody present may still take over."""
    found = open_handoff(session, conversation.id)
    if ok:
        if found is not None:  # the desk's own button has noted it already
            handoffs.put_through(session, found)
        return []
    log.warning("transfer_failed", conversation=conversation.id, reason=reason)
    if found is not None:
        handoffs.note_call(session, found, "failed")
    if found is not None and found.state == "waiting" and not present_accounts(session, tenant.id):
        handoffs.withdraw(session, conversation)  # a queue that nobody watches would be a promise nobody keeps
    return [offer_callback(session, conversation, NOBODY_ANSWERS)]


# ---- after the call


def end_call(session: Session, conversation: Conversation) -> None:
    """The caller has hung up or was put through. Ending again changes nothing."""
    if conversation.ended_at is not None:
        return
    conversation.ended_at = clock.now()
    conversation.pending_question = None
    found = open_handoff(session, conversation.id)
    if found is not None and found.state == "waiting":
        if conversation.caller or {"Kontakt", "Telefon"} & set(found.collected):
            handoffs.note_call(session, found, "hung_up")  # the desk can call back
        else:
            handoffs.withdraw(session, conversation)
            found = None
    if found is None and conversation.state != "closed":
        set_state(session, conversation, "closed")
    wipe_if_done(session, conversation)


def wipe_if_done(session: Session, conversation: Conversation) -> bool:
    """Wipe what was said once nobody needs it any more; lines, kinds and times stay for the figures."""
    if conversation.wiped_at is not None or conversation.keep_text:
        return False
    requests = session.scalars(select(Handoff).where(Handoff.conversation_id == conversation.id)).all()
    recent = clock.now() - timedelta(hours=PACKET_HOURS)
    for request in requests:
        if request.state in {"waiting", "claimed"}:
            return False
        if request.call_state == "through" and request.closed_at and request.closed_at > recent:
            return False
    for line in session.scalars(select(Message).where(Message.conversation_id == conversation.id)):
        line.text, line.spoken, line.data, line.choices = "", None, None, []
    for request in requests:
        request.summary, request.collected = {}, {}
    forget_dialogue(session, conversation.id)
    conversation.caller = None
    conversation.wiped_at = clock.now()
    return True


def wipe_ended_calls(session: Session, limit: int = 200) -> int:
    """Wipe the calls whose last reason to be kept has gone, also those whose end was never told; returns how many."""
    silent = clock.now() - timedelta(hours=ABANDONED_HOURS)
    done = 0
    for call in session.scalars(
        select(Conversation)
        .where(Conversation.channel == "phone", Conversation.wiped_at.is_(None))
        .where(or_(Conversation.keep_text.is_(None), Conversation.keep_text.is_(False)))
        .where(or_(Conversation.ended_at.is_not(None), Conversation.updated_at < silent))
        .order_by(Conversation.updated_at.desc())
        .limit(limit)
    ).all():
        if call.ended_at is None:
            end_call(session, call)
            done += call.wiped_at is not None
        else:
            done += wipe_if_done(session, call)
    return done


# ---- the sound of a message


def keep_sound(
    session: Session, conversation: Conversation, *, settings: Settings, wav: bytes, consent: bool
) -> SoundKept:
    """Keep the sound of the message that was left in this call, where the office wants it and the caller agreed."""
    if not settings.phone_message_sound:
        raise Problem(403, "no-sound", "Hier wird kein Ton aufgehoben.")
    if not consent:
        raise Problem(422, "no-consent", "Ohne Einwilligung wird kein Ton aufgehoben.")
    seconds = _seconds(wav)
    item = session.scalars(
        select(InboxItem)
        .where(InboxItem.conversation_id == conversation.id, InboxItem.kind == "message")
        .order_by(InboxItem.created_at.desc())
    ).first()
    if item is None:
        raise Problem(404, "no-message", "In diesem Anruf wurde keine Nachricht hinterlassen.")
    session.merge(InboxSound(item_id=item.id, wav=wav, created_at=clock.now()))
    return SoundKept(receipt=item.receipt, seconds=round(seconds, 1))


def _seconds(wav: bytes) -> float:
    if len(wav) > SOUND_BYTES:
        raise Problem(413, "too-large", "Der Ton ist zu lang: höchstens 2 MB.")
    try:
        with wave.open(io.BytesIO(wav)) as sound:
            plain = sound.getnchannels() == 1 and sound.getsampwidth() == 2
            seconds = sound.getnframes() / sound.getframerate()
            whole = len(sound.readframes(sound.getnframes())) == sound.getnframes() * 2
    except (wave.Error, EOFError, ZeroDivisionError) as error:
        raise Problem(422, "no-wav", "Das ist keine lesbare WAV-Datei.") from error
    if not plain or not whole or not seconds:
        raise Problem(422, "no-wav", "Der Ton muss eine WAV-Datei mit einem Kanal und 16 Bit sein.")
    return seconds
