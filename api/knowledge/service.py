"""Rules of editing: drafts, publishing by a second person, history, taking back.

Every change is a new revision of an article in one layer; its words never change afterwards. Whoever wrote any of a
draft's words cannot publish it. Taking a wrong answer offline needs only one person: saying nothing is safe.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from api import clock
from api.accounts import audit
from api.accounts.models import Account
from api.identifiers import new_id
from api.knowledge.editor_schemas import DraftOut, RevisionOut, SourceOut
from api.knowledge.models import Gap, Revision
from api.knowledge.published import IN_EFFECT, count_change
from api.problems import Problem
from api.settings import Settings
from knowledge.articles import BASE, ArticleRevision, layers, source_fields, source_text
from knowledge.library import Library

# The order of the fields in an article's file.
FIELDS = (
    "id", "title", "topic", "facet", "questions", "citations", "valid_from", "valid_to", "reviewed_on", "reviewed_by",
    "next_steps", "spoken", "easy", "body",
)  # fmt: skip


# ---- who may change what


def editable_layers(account: Account, settings: Settings) -> tuple[str, ...]:
    """The layers this account may change: its own tenant's, and that of all tenants where the setting says so."""
    return (account.tenant, BASE) if settings.edits_base(account.tenant) else (account.tenant,)


def editable_layer(account: Account, settings: Settings, layer: str | None) -> str:
    """The named layer (none: the account's own tenant), or a 403 problem."""
    if layer is None:
        return account.tenant
    if layer not in editable_layers(account, settings):
        raise Problem(403, "wrong-layer", "Diese Ebene darf Ihr Konto nicht bearbeiten.")
    return layer


# ---- reading


def latest_number(session: Session, *, layer: str, article_id: str) -> int:
    """The number of the newest revision; 0 where there is none."""
    return (
        session.scalar(
            select(func.max(Revision.number)).where(Revision.layer == layer, Revision.article_id == article_id)
        )
        or 0
    )


def find_draft(session: Session, *, layer: str, article_id: str, lock: bool = False) -> Revision | None:
    """The draft that waits for a second person; `lock` until the transaction ends, where it is to be decided on."""
    return _revision_in(session, layer, article_id, ("draft",), lock=lock)


def get_draft(session: Session, *, layer: str, article_id: str, lock: bool = False) -> Revision:
    """The draft, or a 404 problem."""
    found = find_draft(session, layer=layer, article_id=article_id, lock=lock)
    if found is None:
        raise Problem(404, "no-draft", "Für diesen Artikel wartet kein Entwurf.")
    return found


def read_source(session: Session, library: Library, *, root: Path, layer: str, article_id: str) -> SourceOut:
    """What an editor starts from: the draft, else the text in effect; a 404 problem where there is neither."""
    draft = find_draft(session, layer=layer, article_id=article_id)
    if draft is not None:
        text, origin = draft.text, "draft"
    else:
        text, origin = text_in_effect(session, library, root=root, layer=layer, article_id=article_id)
    if not text:
        raise Problem(404, "unknown-article", "Diesen Artikel gibt es nicht.")
    return SourceOut.model_validate(
        {
            "article": article_id,
            "layer": layer,
            "revision": latest_number(session, layer=layer, article_id=article_id),
            "origin": origin,
            "fields": readable_fields(text),
            "markdown": text,
        }
    )


def readable_fields(text: str) -> dict[str, Any]:
    """The fields of a stored text; a file that is no article counts as an empty one with that body."""
    try:
        return source_fields(text)
    except ValueError:
        return {"body": text}


def text_in_effect(
    session: Session, library: Library, *, root: Path, layer: str, article_id: str
) -> tuple[str, str]:
    """The text that a draft in this layer would replace, and where it comes from (as `SourceOut.origin`).

    The order is the library's: a layer's revision stands over its file, a special layer over a general one. Empty
    where there is no such article.
    """
    base, state, own = layers(root, library.tenant)
    places = [(BASE, base)] if layer == BASE else [(layer, own), (None, state), (BASE, base)]
    for place, folder in places:
        row = _revision_in(session, place, article_id, IN_EFFECT) if place else None
        if row is not None:
            return row.text, row.state if place == layer else "inherited"
        text = text_of_file(folder, article_id)
        if text:
            return text, "file" if place == layer else "inherited"
    return "", ""


def text_of_file(folder: Path, article_id: str) -> str:
    """The text of an article's file in a layer's folder; empty where there is none."""
    path = next((found for found in sorted(folder.rglob("*.md")) if found.stem == article_id), None)
    return path.read_text(encoding="utf-8", errors="replace") if path else ""


def history(session: Session, *, layer: str, article_id: str) -> list[Revision]:
    """All revisions of an article in a layer, newest first."""
    return list(
        session.scalars(
            select(Revision)
            .where(Revision.layer == layer, Revision.article_id == article_id)
            .order_by(Revision.number.desc())
        )
    )


def list_drafts(session: Session, layers_: Sequence[str]) -> list[Revision]:
    """What waits for a second person, oldest first."""
    return list(
        session.scalars(
            select(Revision)
            .where(Revision.state == "draft", Revision.layer.in_(layers_))
            .order_by(Revision.created_at, Revision.id)
        )
    )


def in_effect_for(session: Session, tenant: str) -> dict[tuple[str, str], Revision]:
    """The revisions in effect for a tenant, by article and layer."""
    rows = session.scalars(
        select(Revision).where(Revision.layer.in_((BASE, tenant)), Revision.state.in_(IN_EFFECT))
    )
    return {(row.article_id, row.layer): row for row in rows}


def revision_out(row: Revision) -> RevisionOut:
    """A revision as the interface shows it, in local time."""
    return RevisionOut.model_validate(_shown(row))


def draft_out(row: Revision, account: Account) -> DraftOut:
    """A draft, with whether this account may publish it."""
    return DraftOut.model_validate({**_shown(row), "mine": account.id in row.writers})


def revision_text(rows: Sequence[Revision], number: int) -> str:
    """The text of a numbered revision, or a 404 problem."""
    found = next((row for row in rows if row.number == number), None)
    if found is None:
        raise Problem(404, "unknown-revision", f"Die Fassung {number} gibt es nicht.")
    return found.text


# ---- changing


def completed(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a new article, with what a machine may fill in; words are for people."""
    today = clock.today()
    return {
        "facet": "what",
        "questions": [],
        "citations": [],
        "valid_from": today,
        "valid_to": None,
        "reviewed_on": today,
        "reviewed_by": "Redaktion",
        "next_steps": [],
        **fields,
    }


def create_draft(
    session: Session,
    *,
    account: Account,
    layer: str,
    article_id: str,
    fields: Mapping[str, Any],
    exists: bool,
    note: str = "",
) -> Revision:
    """A new article. `exists`: the knowledge knows this id already, which is a 409 problem."""
    if exists or latest_number(session, layer=layer, article_id=article_id):
        raise Problem(
            409, "article-exists", f"Den Artikel „{article_id}“ gibt es schon. Bitte ändern Sie ihn, statt ihn neu "
            "anzulegen.",
        )
    complete = completed({name: value for name, value in fields.items() if value not in ("", None)})
    complete["id"] = article_id
    return _add_draft(session, account=account, layer=layer, article_id=article_id, number=1, fields=complete,
                      writers=[account.id], note=note, action="article-drafted")


def change_draft(
    session: Session,
    *,
    account: Account,
    source: SourceOut,
    expected: int,
    fields: Mapping[str, Any],
    note: str = "",
    status: int = 409,
) -> Revision:
    """A change of the text in `source`. Raises a problem (`status` 409 or 412) where somebody else was quicker."""
    if source.revision != expected:
        raise _changed_meanwhile(session, source.layer, source.article, status)
    draft = find_draft(session, layer=source.layer, article_id=source.article, lock=True)
    writers = [*draft.writers, account.id] if draft else [account.id]
    if draft is not None:
        draft.state = "replaced"
        session.flush()
    changed = {**source.fields, **fields, "id": source.article}
    return _add_draft(session, account=account, layer=source.layer, article_id=source.article, number=expected + 1,
                      fields=changed, writers=writers, note=note or (draft.note if draft else ""),
                      action="article-changed", status=status)


def publishable(session: Session, *, account: Account, layer: str, article_id: str, number: int | None) -> Revision:
    """The draft, where this account may publish it: a second person, who has read this very text."""
    draft = get_draft(session, layer=layer, article_id=article_id, lock=True)
    if number is not None and number != draft.number:
        raise _changed_meanwhile(session, layer, article_id, 409)
    if account.id in draft.writers:
        raise Problem(
            403,
            "own-text",
            "Den eigenen Text können Sie nicht selbst freigeben. Bitte lassen Sie ihn von einer zweiten Person prüfen.",
        )
    return draft


def as_published(draft: Revision) -> ArticleRevision:
    """The draft as it will stand: publishing is the review, so its date is today's."""
    fields = {**readable_fields(draft.text), "reviewed_on": clock.today()}
    return ArticleRevision(layer=draft.layer, id=draft.article_id, number=draft.number, text=source_text(fields))


def publish(session: Session, *, account: Account, revision: ArticleRevision) -> Revision:
    """Put a checked draft in effect. The rules are looked at again: time has passed since the check."""
    count_change(session)  # first, so that publications at the same moment wait for each other here
    draft = publishable(
        session, account=account, layer=revision.layer, article_id=revision.id, number=revision.number
    )
    _out_of_effect(session, revision.layer, revision.id)
    draft.text = revision.text
    _decide(draft, account, "published")
    session.flush()
    _close_gaps(session, revision)
    _record(session, account, draft, "article-published")
    return draft


def reject(session: Session, *, account: Account, layer: str, article_id: str, reason: str) -> Revision:
    """Send a draft back; a writer may drop it too."""
    draft = get_draft(session, layer=layer, article_id=article_id, lock=True)
    _decide(draft, account, "rejected", reason)
    session.flush()
    _record(session, account, draft, "article-rejected")
    return draft


def withdraw(session: Session, *, account: Account, layer: str, article_id: str, text: str, reason: str) -> Revision:
    """Take an answer offline at once. `text` is the one that was in effect."""
    count_change(session)
    previous = _out_of_effect(session, layer, article_id)
    if previous == "withdrawn":
        raise Problem(409, "already-withdrawn", "Dieser Artikel ist schon zurückgezogen.")
    row = _new_revision(
        account=account, layer=layer, article_id=article_id, text=text, state="withdrawn", writers=[account.id],
        number=latest_number(session, layer=layer, article_id=article_id) + 1, note="",
    )
    _decide(row, account, "withdrawn", reason)
    _insert(session, row, 409)
    _record(session, account, row, "article-withdrawn")
    return row


def rollback(session: Session, *, account: Account, source: SourceOut, text: str, number: int, note: str) -> Revision:
    """A draft of an old text. A second person publishes it; that may be who wrote the old text."""
    if source.origin == "draft":
        raise Problem(409, "draft-waits", "Es wartet schon ein Entwurf. Bitte geben Sie ihn erst frei oder lehnen Sie "
                                          "ihn ab.")
    name = f"Fassung {number}" if number else "der Ausgangsfassung"
    return _add_draft(session, account=account, layer=source.layer, article_id=source.article,
                      number=source.revision + 1, fields={**readable_fields(text), "id": source.article},
                      writers=[account.id], note=note or f"Zurück zu {name}", action="article-rolled-back")


# ---- within


def _revision_in(
    session: Session, layer: str, article_id: str, states: Sequence[str], *, lock: bool = False
) -> Revision | None:
    statement = select(Revision).where(
        Revision.layer == layer, Revision.article_id == article_id, Revision.state.in_(states)
    )
    return session.scalars(statement.with_for_update() if lock else statement).one_or_none()


def _add_draft(
    session: Session,
    *,
    account: Account,
    layer: str,
    article_id: str,
    number: int,
    fields: Mapping[str, Any],
    writers: Sequence[str],
    note: str,
    action: str,
    status: int = 409,
) -> Revision:
    ordered = {name: fields[name] for name in FIELDS if name in fields}
    row = _new_revision(
        account=account, layer=layer, article_id=article_id, number=number, state="draft",
        text=source_text({**ordered, **fields}), writers=sorted(set(writers)), note=note,
    )
    _insert(session, row, status)
    _record(session, account, row, action)
    return row


def _new_revision(
    *, account: Account, layer: str, article_id: str, number: int, state: str, text: str, writers: Sequence[str],
    note: str,
) -> Revision:
    return Revision(
        id=new_id(), layer=layer, article_id=article_id, number=number, state=state, text=text, note=note,
        author_id=account.id, author=account.name, writers=list(writers), created_at=clock.now(), reason="",
    )


def _insert(session: Session, row: Revision, status: int) -> None:
    """The database decides between two changes at the same moment."""
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError as error:
        raise _changed_meanwhile(session, row.layer, row.article_id, status) from error


def _changed_meanwhile(session: Session, layer: str, article_id: str, status: int) -> Problem:
    rows = history(session, layer=layer, article_id=article_id)
    who = f"{rows[0].author} hat" if rows else "Jemand anderes hat"
    number = rows[0].number if rows else 0
    return Problem(
        status,
        "changed-meanwhile",
        f"{who} diesen Artikel inzwischen geändert (Fassung {number}). Bitte laden Sie ihn neu und übernehmen Sie Ihre "
        "Änderung.",
        revision=number,
    )


def _out_of_effect(session: Session, layer: str, article_id: str) -> str | None:
    previous = _revision_in(session, layer, article_id, IN_EFFECT)
    if previous is None:
        return None
    state, previous.state = previous.state, "replaced"
    session.flush()
    return state


def _decide(row: Revision, account: Account, state: str, reason: str = "") -> None:
    row.state = state
    row.decided_by_id, row.decided_by, row.decided_at = account.id, account.name, clock.now()
    row.reason = reason


def _close_gaps(session: Session, revision: ArticleRevision) -> None:
    """What was proposed for this article is answered now."""
    waiting = select(Gap).where(Gap.article_id == revision.id, Gap.state == "proposed")
    if revision.layer != BASE:
        waiting = waiting.where(Gap.tenant == revision.layer)
    for gap in session.scalars(waiting):
        gap.state = "done"


def _record(session: Session, account: Account, row: Revision, action: str) -> None:
    audit.record(
        session, tenant=account.tenant, account=account, action=action, object_kind="article", object_id=row.id,
        layer=row.layer, article=row.article_id, revision=row.number, **({"reason": row.reason} if row.reason else {}),
    )


def _shown(row: Revision) -> dict[str, Any]:
    return {
        "article": row.article_id,
        "layer": row.layer,
        "revision": row.number,
        "state": row.state,
        "title": str(readable_fields(row.text).get("title", row.article_id)),
        "note": row.note,
        "author": row.author,
        "created_at": clock.local(row.created_at),
        "decided_by": row.decided_by,
        "decided_at": clock.local(row.decided_at) if row.decided_at else None,
        "reason": row.reason,
    }
