"""Rules of the handoff: queueing, the one atomic claim, live chat, passing on, giving back.

Whoever holds a conversation holds its handoff row in state `claimed`; every change of hands is one UPDATE that names
the state it starts from, so of two people only one succeeds, on any number of processes.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, func, literal, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import InstrumentedAttribute, Session

from api import clock
from api.accounts import audit
from api.accounts.models import Account
from api.accounts.service import desk_account, may, present_accounts
from api.conversations.models import Conversation, Message
from api.conversations.service import add_message, set_state, transcript
from api.database import UtcDateTime
from api.handoff.hours import closed_sentence, closed_words, service_state
from api.handoff.models import Handoff, HandoffNote
from api.handoff.queue import (
    announce,
    open_handoff,
    place_in_queue,
    unanswered_since,
    waiting_sentence,
    waiting_words,
)
from api.handoff.routing import team_for, team_name
from api.handoff.schemas import (
    ASKED_FOR_PERSON,
    HandoffQueued,
    HandoffUnavailable,
    TransferHandoff,
)
from api.handoff.summary import make_summary
from api.identifiers import new_id
from api.languages.catalog import translated
from api.problems import Problem
from knowledge.tenants import Tenant

UNANSWERED_MINUTES = 10  # then a claimed conversation goes back to the queue
GRACE_MINUTES = 30  # after the end of service, somebody may still take those who wait

ALL_AWAY = (
    "Im Moment ist niemand vom Jobcenter am Chat. "
    "Sie können eine Nachricht hinterlassen oder um einen Rückruf bitten."
)
SOMEBODY_THERE = "Ein Mensch ist schon im Gespräch."
NOBODY_TOOK_OVER = "Es tut uns leid: Heute konnte niemand mehr übernehmen."
ALL_AWAY_SPOKEN = "Im Moment ist leider niemand vom Jobcenter erreichbar."


# ---- the citizen's side


def request_handoff(
    session: Session,
    conversation: Conversation,
    *,
    tenant: Tenant,
    reason: str = ASKED_FOR_PERSON,
    topic: str | None = None,
    site: str | None = None,
    urgent: bool = False,
    collected: dict[str, str] | None = None,
    title_of: Callable[[str], str | None] = lambda _article: None,
) -> HandoffQueued | HandoffUnavailable:
    """Put the citizen in the queue, or say honestly that nobody can come. Asking again changes nothing.

    Nobody signed in within service hours counts as "all away" and queues nothing: a queue that nobody watches would
    be a promise nobody keeps. A call that can be put through to an extension needs nobody at the console.
    """
    found = open_handoff(session, conversation.id)
    if found is None:
        if conversation.state == "closed":
            raise Problem(409, "closed", "Dieses Gespräch ist beendet. Bitte beginnen Sie ein neues.")
        asked = Handoff(
            id=new_id(),
            conversation_id=conversation.id,
            tenant=tenant.id,
            team=team_for(tenant, topic),
            topic=topic,
            site=site,
            urgent=urgent,
            reason=reason,
            summary={},
            collected={},
            state="waiting",
            requested_at=clock.now(),
        )
        missed = _nobody_there(
            session, tenant, language=conversation.language, telephone=_has_extension(asked, conversation, tenant)
        )
        if missed is not None:
            _note_missed(session, asked, missed.reason)
            return missed
        asked.summary = make_summary(transcript(session, conversation), title_of=title_of)
        found = _enqueue(session, asked)
    if found.state == "claimed":
        return HandoffQueued(
            state="human", position=None, estimated_wait_minutes=None,
            message=_said(conversation, SOMEBODY_THERE), spoken=SOMEBODY_THERE,
        )
    found.collected = {**found.collected, **(collected or {})}
    found.site = found.site or site
    if urgent and not found.urgent:
        found.urgent = True
        session.flush()
        announce(session, found, "urgent")
    position, minutes = place_in_queue(session, found)
    set_state(session, conversation, "waiting", position=position, estimated_wait_minutes=minutes)
    return HandoffQueued(
        state="waiting",
        position=position,
        estimated_wait_minutes=minutes,
        message=waiting_sentence(position, minutes, conversation.language),
        spoken=waiting_words(position, minutes),
    )


def withdraw(session: Session, conversation: Conversation) -> None:
    """Take the request back. Nothing happens without one; a person who is already there ends it themselves."""
    found = open_handoff(session, conversation.id)
    if found is None:
        return
    if not _move(session, found, "waiting", state="withdrawn", closed_at=clock.now()):
        raise Problem(409, "in-conversation", "Ein Mensch ist schon im Gespräch. Bitte sagen Sie es dort.")
    set_state(session, conversation, "bot")
    announce(session, found, "withdrawn")


# ---- a call on its way to an extension


def note_call(session: Session, handoff: Handoff, call_state: str) -> None:
    """Show the desk how far a call is: ringing, failed, hung_up."""
    handoff.call_state = call_state
    session.flush()
    announce(session, handoff, call_state)


def put_through(session: Session, handoff: Handoff) -> None:
    """The caller speaks with a person at the telephone: the request is answered, whoever held it."""
    moment = clock.now()
    if not _move(
        session,
        handoff,
        handoff.state,
        state="closed",
        call_state="through",
        first_claimed_at=_unless_set(Handoff.first_claimed_at, moment),
        closed_at=moment,
    ):
        return
    set_state(session, _conversation(session, handoff), "closed")
    _record(session, handoff, None, "put-through")
    announce(session, handoff, "through")


# ---- the desk's side


def get_handoff(session: Session, *, tenant: str, handoff_id: str) -> Handoff:
    """The handoff, or a 404 problem; another tenant's does not exist either."""
    found = session.get(Handoff, handoff_id)
    if found is None or found.tenant != tenant or found.state == "missed":
        raise Problem(404, "unknown-handoff", "Diese Anfrage gibt es nicht (mehr).")
    return found


def claim(session: Session, *, handoff_id: str, account: Account) -> Handoff:
    """Take over a waiting conversation. Exactly one of several people gets it; the others learn who."""
    handoff = get_handoff(session, tenant=account.tenant, handoff_id=handoff_id)
    if handoff.state == "claimed" and handoff.claimed_by == account.id:
        return handoff  # a second press of the same button
    moment = clock.now()
    if not _move(
        session,
        handoff,
        "waiting",
        state="claimed",
        claimed_by=account.id,
        claimed_at=moment,
        first_claimed_at=_unless_set(Handoff.first_claimed_at, moment),
        meant_for=None,
    ):
        raise _taken(session, handoff)
    conversation = _conversation(session, handoff)
    set_state(session, conversation, "human", name=account.name)
    add_message(
        session,
        conversation,
        role="system",
        kind="handoff",
        text=_said(
            conversation,
            "{name} ist jetzt für Sie da. Der digitale Assistent schreibt nicht mehr mit.",
            name=account.name,
        ),
        spoken=f"{account.name} ist jetzt für Sie da.",
    )
    _record(session, handoff, account, "claimed")
    announce(session, handoff, "claimed")
    return handoff


def reply(
    session: Session, *, handoff_id: str, account: Account, text: str, idempotency_key: str | None = None
) -> Message:
    """The caseworker writes to the citizen. Only who holds the conversation may; the same send counts once."""
    handoff = get_handoff(session, tenant=account.tenant, handoff_id=handoff_id)
    _check_holder(session, handoff, account)
    if idempotency_key is not None:
        sent = session.scalars(
            select(Message).where(
                Message.conversation_id == handoff.conversation_id, Message.idempotency_key == idempotency_key
            )
        ).one_or_none()
        if sent is not None:
            return sent
    moment = clock.now()
    # Together with the hold: the periodic return to the queue must not come in between.
    if not _move(
        session,
        handoff,
        "claimed",
        Handoff.claimed_by == account.id,
        first_reply_at=_unless_set(Handoff.first_reply_at, moment),
    ):
        raise _taken(session, handoff)
    return add_message(
        session,
        _conversation(session, handoff),
        role="caseworker",
        text=text,
        data={"name": account.name},
        idempotency_key=idempotency_key,
    )


def add_note(session: Session, *, handoff_id: str, account: Account, text: str) -> HandoffNote:
    """A note for colleagues; the citizen never sees it."""
    handoff = get_handoff(session, tenant=account.tenant, handoff_id=handoff_id)
    note = HandoffNote(
        id=new_id(),
        handoff_id=handoff.id,
        account_id=account.id,
        author=account.name,
        text=text,
        created_at=clock.now(),
    )
    session.add(note)
    _record(session, handoff, account, "noted")
    announce(session, handoff, "noted")
    return note


def transfer(
    session: Session, *, handoff_id: str, account: Account, tenant: Tenant, target: TransferHandoff
) -> Handoff:
    """Pass on to a team or a person: back to the queue, with the place that the first request gave."""
    handoff = get_handoff(session, tenant=account.tenant, handoff_id=handoff_id)
    if handoff.state == "claimed":
        _check_holder(session, handoff, account, or_lead=True)
    team = target.team or handoff.team
    if team not in {known.id for known in tenant.teams}:
        raise Problem(422, "unknown-team", "Dieses Team gibt es nicht.")
    colleague = (
        desk_account(session, tenant=account.tenant, account_id=target.account) if target.account else None
    )
    if target.team is None and colleague is not None and colleague.teams and team not in colleague.teams:
        team = colleague.teams[0]
    was_claimed = handoff.state == "claimed"
    held_by = Handoff.claimed_by == handoff.claimed_by if was_claimed else Handoff.claimed_by.is_(None)
    if not _move(
        session,
        handoff,
        handoff.state if was_claimed else "waiting",
        held_by,
        state="waiting",
        team=team,
        meant_for=colleague.id if colleague else None,
        claimed_by=None,
        claimed_at=None,
    ):
        raise _taken(session, handoff)
    if target.note:
        add_note(session, handoff_id=handoff.id, account=account, text=target.note)
    if was_claimed:
        whom = colleague.name if colleague else f"das {team_name(tenant, team)}"
        _back_to_queue(
            session, handoff, "Sie werden weitergeleitet an: {whom}. Sie müssen nichts noch einmal erzählen.", whom=whom
        )
    _record(session, handoff, account, "transferred", team=team, to=colleague.username if colleague else None)
    announce(session, handoff, "transferred")
    return handoff


def release(session: Session, *, handoff_id: str, account: Account) -> Handoff:
    """Give the conversation back to the dialogue."""
    handoff = _end(session, handoff_id=handoff_id, account=account, state="released")
    conversation = _conversation(session, handoff)
    add_message(
        session,
        conversation,
        role="system",
        kind="handoff",
        text=_said(
            conversation,
            "Jetzt antwortet Ihnen wieder Lotse, der digitale Assistent. "
            "Sie können jederzeit wieder nach einem Menschen fragen.",
        ),
    )
    set_state(session, conversation, "bot")
    return handoff


def close(session: Session, *, handoff_id: str, account: Account) -> Handoff:
    """End the conversation; the citizen can start a new one at any time."""
    handoff = _end(session, handoff_id=handoff_id, account=account, state="closed")
    conversation = _conversation(session, handoff)
    add_message(
        session,
        conversation,
        role="system",
        kind="handoff",
        text=_said(conversation, "Das Gespräch ist beendet. Sie können jederzeit ein neues beginnen."),
    )
    set_state(session, conversation, "closed")
    return handoff


def held_conversation(session: Session, *, handoff_id: str, account: Account) -> str:
    """The id of the conversation that this account holds."""
    handoff = get_handoff(session, tenant=account.tenant, handoff_id=handoff_id)
    _check_holder(session, handoff, account)
    return handoff.conversation_id


# ---- periodic work


def return_unanswered(session: Session) -> int:
    """Put claimed conversations back whose citizen has waited ten minutes for a reply; returns how many."""
    returned = 0
    oldest = clock.now() - timedelta(minutes=UNANSWERED_MINUTES)
    for handoff in session.scalars(
        select(Handoff).where(Handoff.state == "claimed", Handoff.claimed_at <= oldest)
    ).all():
        since = unanswered_since(session, [handoff]).get(handoff.id)
        if since is None or since > oldest:
            continue
        # Only from the one who left it unanswered: somebody else may hold it by now.
        if not _move(
            session,
            handoff,
            "claimed",
            Handoff.claimed_by == handoff.claimed_by,
            state="waiting",
            claimed_by=None,
            claimed_at=None,
        ):
            continue
        _back_to_queue(
            session, handoff, "Ihr Gegenüber ist gerade verhindert. Sie sind wieder in der Warteschlange, weit vorn."
        )
        _record(session, handoff, None, "returned-unanswered")
        announce(session, handoff, "returned")
        returned += 1
    return returned


def end_of_service(session: Session, tenants: dict[str, Tenant]) -> int:
    """Half an hour after service hours nobody is left waiting for a person who will not come; returns how many."""
    ended = 0
    moment = clock.now()
    for tenant in tenants.values():
        hours = service_state(tenant, moment)
        if hours.open or service_state(tenant, moment - timedelta(minutes=GRACE_MINUTES)).open:
            continue
        for handoff in session.scalars(
            select(Handoff).where(Handoff.tenant == tenant.id, Handoff.state == "waiting")
        ).all():
            if not _move(session, handoff, "waiting", state="withdrawn", closed_at=moment):
                continue
            conversation = _conversation(session, handoff)
            add_message(
                session,
                conversation,
                role="system",
                kind="handoff",
                text=f"{_said(conversation, NOBODY_TOOK_OVER)} {closed_sentence(hours, moment, conversation.language)}",
                spoken=f"Es tut uns leid. Heute konnte niemand mehr übernehmen. {closed_words(hours, moment)}",
                choices=[
                    {"title": _said(conversation, title), "payload": payload}
                    for title, payload in (
                        ("Nachricht hinterlassen", "/leave_message"),
                        ("Rückruf wünschen", "/request_callback"),
                    )
                ],
            )
            set_state(session, conversation, "bot")
            handoff.missed_reason = hours.reason
            announce(session, handoff, "withdrawn")
            ended += 1
    return ended


# ---- within


def _has_extension(asked: Handoff, conversation: Conversation, tenant: Tenant) -> bool:
    number = tenant.telephone.number_for(team=asked.team, site=asked.site, language=conversation.language)
    return conversation.can_transfer and number is not None


def _nobody_there(session: Session, tenant: Tenant, *, language: str, telephone: bool) -> HandoffUnavailable | None:
    moment = clock.now()
    hours = service_state(tenant, moment)
    if not hours.open:
        return HandoffUnavailable(
            reason=hours.reason or "out_of_hours", opens_at=hours.opens_at,
            message=closed_sentence(hours, moment, language), spoken=closed_words(hours, moment),
        )
    if not telephone and not present_accounts(session, tenant.id):
        return HandoffUnavailable(
            reason="all_away", opens_at=None, message=translated(ALL_AWAY, language), spoken=ALL_AWAY_SPOKEN
        )
    return None


def _note_missed(session: Session, asked: Handoff, reason: str) -> None:
    """Keep how often nobody was there and why, once a conversation and reason, without what the citizen said."""
    known = select(Handoff.id).where(
        Handoff.conversation_id == asked.conversation_id, Handoff.missed_reason == reason
    )
    if session.scalars(known.limit(1)).first() is None:
        asked.state, asked.missed_reason = "missed", reason
        session.add(asked)


def _enqueue(session: Session, asked: Handoff) -> Handoff:
    """Queue the request; the open one where another was made at the same moment."""
    try:
        with session.begin_nested():
            session.add(asked)
    except IntegrityError:
        found = open_handoff(session, asked.conversation_id)
        if found is None:
            raise
        return found
    announce(session, asked, "requested")
    return asked


def _move(session: Session, handoff: Handoff, start: str, *conditions: ColumnElement[bool], **values: Any) -> bool:
    """Change the row only where it still is in state `start`; the object then shows what is stored."""
    result = cast(
        CursorResult[Any],
        session.execute(
            update(Handoff)
            .where(Handoff.id == handoff.id, Handoff.state == start, *conditions)
            .values(**values)
            .execution_options(synchronize_session=False)
        ),
    )
    session.refresh(handoff)
    return result.rowcount == 1


def _unless_set(column: InstrumentedAttribute[datetime | None], moment: datetime) -> ColumnElement[datetime]:
    # The bare value would be stored as it is, without going to UTC.
    return func.coalesce(column, literal(moment, UtcDateTime()))


def _end(session: Session, *, handoff_id: str, account: Account, state: str) -> Handoff:
    handoff = get_handoff(session, tenant=account.tenant, handoff_id=handoff_id)
    _check_holder(session, handoff, account, or_lead=True)
    if not _move(
        session,
        handoff,
        "claimed",
        Handoff.claimed_by == handoff.claimed_by,
        state=state,
        closed_at=clock.now(),
    ):
        raise _taken(session, handoff)
    _record(session, handoff, account, state)
    announce(session, handoff, state)
    return handoff


def _check_holder(session: Session, handoff: Handoff, account: Account, *, or_lead: bool = False) -> None:
    if handoff.state != "claimed":
        raise _taken(session, handoff)
    if handoff.claimed_by != account.id and not (or_lead and may(account, ("lead",))):
        raise _taken(session, handoff)


def _taken(session: Session, handoff: Handoff) -> Problem:
    """Why this cannot be done (any more): who has it, or that it is over."""
    if handoff.state == "claimed":
        holder = session.get(Account, handoff.claimed_by) if handoff.claimed_by else None
        name = holder.name if holder else "Jemand anderes"
        return Problem(
            409,
            "claimed-by-other",
            f"{name} führt dieses Gespräch.",
            claimed_by={"id": handoff.claimed_by, "name": name},
        )
    if handoff.state == "waiting":
        return Problem(409, "not-claimed", "Dieses Gespräch wartet. Bitte übernehmen Sie es zuerst.")
    return Problem(409, "handoff-over", "Diese Anfrage ist schon beendet.")


def _said(conversation: Conversation, text: str, **values: object) -> str:
    """Said to the citizen, in the language of the conversation."""
    return translated(text, conversation.language, "", **values)


def _back_to_queue(session: Session, handoff: Handoff, text: str, **values: object) -> None:
    conversation = _conversation(session, handoff)
    add_message(session, conversation, role="system", kind="handoff", text=_said(conversation, text, **values))
    position, minutes = place_in_queue(session, handoff)
    set_state(session, conversation, "waiting", position=position, estimated_wait_minutes=minutes)


def _record(session: Session, handoff: Handoff, account: Account | None, action: str, **detail: object) -> None:
    audit.record(
        session,
        tenant=handoff.tenant,
        account=account,
        action=f"handoff-{action}",
        object_kind="handoff",
        object_id=handoff.id,
        **detail,
    )


def _conversation(session: Session, handoff: Handoff) -> Conversation:
    return session.get_one(Conversation, handoff.conversation_id)
