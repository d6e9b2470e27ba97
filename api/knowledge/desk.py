"""The editors' desk: one account at work in one layer. Joins the rules with the library, for calls and pages alike.

What takes long (building a library to try a draft in) happens between transactions, never within one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi import Request
from sqlalchemy.orm import Session

from api.accounts.models import Account
from api.database import Database
from api.knowledge import gaps, service, trial
from api.knowledge.editor_schemas import PreviewOut, ProposalOut, Propose, PublishedOut, RevisionOut, SourceOut
from api.libraries import Libraries
from api.problems import Problem
from knowledge.articles import ArticleRevision, layers, source_text
from knowledge.library import Library


@dataclass(frozen=True)
class EditorsDesk:
    """`layer` was checked: this account may change it."""

    account: Account
    layer: str
    database: Database
    libraries: Libraries

    @property
    def library(self) -> Library:
        """What the account's own tenant is served now."""
        return self.libraries.get(self.account.tenant)

    @property
    def root(self) -> Path:
        """The knowledge folder."""
        return self.libraries.root

    def source(self, article_id: str) -> SourceOut:
        """What an editor starts from."""
        with self.database.read() as session:
            return self._source(session, article_id)

    def create(self, article_id: str, fields: Mapping[str, Any], *, note: str = "") -> RevisionOut:
        """A new article as a draft."""
        with self.database.write() as session:
            return service.revision_out(self._create(session, article_id, fields, note))

    def change(
        self, article_id: str, fields: Mapping[str, Any], *, expected: int, note: str = "", status: int = 409
    ) -> RevisionOut:
        """A change as a draft; the newest revision must be the `expected` one."""
        with self.database.write() as session:
            return service.revision_out(
                service.change_draft(
                    session, account=self.account, source=self._source(session, article_id), expected=expected,
                    fields=fields, note=note, status=status,
                )
            )

    def preview(
        self, article_id: str, fields: Mapping[str, Any], questions: Sequence[str] = (), *, with_trials: bool = True
    ) -> PreviewOut:
        """A text that is not stored, as citizens would get it. Fields that are not sent are those of today."""
        with self.database.read() as session:
            try:
                present = self._source(session, article_id).fields
            except Problem:
                present = {}
        revision = ArticleRevision(
            layer=self.layer, id=article_id, number=0,
            text=source_text(service.completed({**present, **fields, "id": article_id})),
        )
        return trial.preview(self.libraries, self.account.tenant, revision, questions, with_trials=with_trials)

    def review(self, article_id: str) -> PreviewOut:
        """The waiting draft, looked at and tried with its test questions and its own."""
        with self.database.read() as session:
            draft = service.get_draft(session, layer=self.layer, article_id=article_id)
            questions = self._test_questions(session)
        revision = service.as_published(draft)
        own = [question for question, article in questions if article == article_id]
        seen = trial.preview(self.libraries, self.account.tenant, revision, own, with_trials=True)
        told = trial.run_test_questions(self.libraries, self.account.tenant, revision, questions)
        spoiled = [outcome for outcome in told if outcome.expected != article_id]
        return seen.model_copy(update={"trials": [*seen.trials, *spoiled]})

    def publish(self, article_id: str, *, number: int | None, confirm: bool) -> PublishedOut:
        """Check the draft, try the test questions with it, and put it in effect."""
        with self.database.read() as session:
            draft = service.publishable(
                session, account=self.account, layer=self.layer, article_id=article_id, number=number
            )
            questions = self._test_questions(session)
        revision = service.as_published(draft)
        found = trial.findings(self.libraries, self.account.tenant, revision)
        if refused := trial.errors(found):
            raise Problem(
                422,
                "article-has-errors",
                f"Der Entwurf hat {len(refused)} Fehler und kann so nicht freigegeben werden: "
                + " ".join(finding.text for finding in refused[:3]),
                findings=[trial.finding_out(finding) for finding in found],
            )
        trials = trial.run_test_questions(self.libraries, self.account.tenant, revision, questions)
        failed = [outcome for outcome in trials if not outcome.found]
        if failed and not confirm:
            raise Problem(
                409,
                "test-questions-fail",
                "Mit diesem Text " + ("wird eine Testfrage" if len(failed) == 1 else f"werden {len(failed)} Testfragen")
                + " nicht richtig beantwortet: " + " ".join(f"„{one.question}“" for one in failed[:3])
                + " Bitte prüfen Sie das und bestätigen Sie die Freigabe (confirm).",
                trials=trials,
            )
        with self.database.write() as session:
            row = service.publish(session, account=self.account, revision=revision)
            shown = service.revision_out(row)
        return PublishedOut.model_validate(
            {**shown.model_dump(), "findings": [trial.finding_out(finding) for finding in found], "trials": trials}
        )

    def withdraw(self, article_id: str, *, reason: str) -> RevisionOut:
        """Take an answer offline at once."""
        with self.database.write() as session:
            text, _origin = self.in_effect(session, article_id)
            if not text:
                raise Problem(404, "unknown-article", "Diesen Artikel gibt es nicht.")
            return service.revision_out(
                service.withdraw(
                    session, account=self.account, layer=self.layer, article_id=article_id, text=text, reason=reason
                )
            )

    def rollback(self, article_id: str, number: int, *, note: str = "") -> RevisionOut:
        """A draft of an old text."""
        with self.database.write() as session:
            text = (
                service.revision_text(service.history(session, layer=self.layer, article_id=article_id), number)
                if number
                else self.text_of_file(article_id)
            )
            if not text:
                raise Problem(404, "unknown-revision", "Eine Ausgangsfassung gibt es auf dieser Ebene nicht.")
            return service.revision_out(
                service.rollback(
                    session, account=self.account, source=self._source(session, article_id), text=text, number=number,
                    note=note,
                )
            )

    def propose(self, gap_id: str, body: Propose) -> ProposalOut:
        """A draft and a test question from a question nobody could answer."""
        if (body.article is None) == (body.id is None) or (body.id is not None and not body.title):
            raise Problem(
                422, "no-article", "Bitte nennen Sie einen vorhandenen Artikel, oder Kennung und Titel eines neuen."
            )
        article_id = body.article or body.id or ""
        with self.database.write() as session:
            gap = gaps.get_gap(session, tenant=self.account.tenant, gap_id=gap_id)
            question = body.question or gap.question[: gaps.LONGEST_LINE]
            note = f"Frage von Bürgerinnen und Bürgern ({gap.times}-mal): {question}"
            if body.id is not None:
                fields = {"title": body.title, "topic": body.topic, "facet": body.facet, "questions": [question]}
                draft = self._create(session, article_id, fields, note)
            else:
                source = self._source(session, article_id)
                questions = list(source.fields.get("questions") or [])
                if gaps.question_hash(question) not in {gaps.question_hash(str(one)) for one in questions}:
                    questions.append(question)
                draft = service.change_draft(
                    session, account=self.account, source=source, expected=source.revision,
                    fields={"questions": questions}, note=note,
                )
            gaps.add_test_question(
                session, account=self.account, layer=self.layer, question=question, article_id=article_id,
                register="speech" if gap.channel == "phone" else "colloquial",
            )
            gap.state, gap.article_id = "proposed", article_id
            gaps.record(session, self.account, gap, "gap-proposed")
            session.flush()
            return ProposalOut(draft=service.revision_out(draft), gap=gaps.gap_out(gap))

    def in_effect(self, session: Session, article_id: str) -> tuple[str, str]:
        """The text that a draft would replace, and where it comes from."""
        return service.text_in_effect(
            session, self.library, root=self.root, layer=self.layer, article_id=article_id
        )

    def text_of_file(self, article_id: str) -> str:
        """The text of the article's file in this layer; empty where there is none."""
        base, _state, own = layers(self.root, self.library.tenant)
        return service.text_of_file(own if self.layer == self.account.tenant else base, article_id)

    def _source(self, session: Session, article_id: str) -> SourceOut:
        return service.read_source(session, self.library, root=self.root, layer=self.layer, article_id=article_id)

    def _create(self, session: Session, article_id: str, fields: Mapping[str, Any], note: str) -> Any:
        content = self.library.content
        return service.create_draft(
            session, account=self.account, layer=self.layer, article_id=article_id, fields=fields, note=note,
            exists=article_id in content.sources or article_id in content.withheld,
        )

    def _test_questions(self, session: Session) -> list[tuple[str, str]]:
        rows = gaps.test_questions(session, gaps.layers_seen_by(self.account.tenant))
        return [(row.question, row.article_id) for row in rows]



def of(request: Request, account: Account, layer: str | None) -> EditorsDesk:
    """The desk of this account in the named layer (none: its own tenant's), or a 403 problem."""
    state = request.app.state
    return EditorsDesk(
        account=account,
        layer=service.editable_layer(account, state.settings, layer),
        database=state.database,
        libraries=state.libraries,
    )


