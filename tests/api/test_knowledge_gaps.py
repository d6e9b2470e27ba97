"""Promises of the open questions: none is lost, nothing personal is kept, an editor makes answers of them."""

from datetime import timedelta

import pytest
from desk import MONDAY, ask_for_person, make_account, sign_in, start_conversation
from editors import ARTICLE, ARTICLES, editors, eventually, found
from sqlalchemy import select

from api import clock
from api.accounts.models import Account
from api.conversations import service as conversations
from api.conversations.models import Conversation
from api.conversations.schemas import Choice, Reply
from api.identifiers import new_id
from api.knowledge import gaps, service
from api.knowledge.models import Gap, GapOccurrence, Revision
from api.knowledge.personal import without_personal_data
from api.knowledge.published import changes, published
from api.privacy.service import erase_conversation
from api.problems import Problem
from knowledge.evaluation.rows import load_rows

GAPS = "/api/v1/knowledge/gaps"
UNKNOWN = "Quastenflosser Zebrafink Polarlicht?"


@pytest.fixture
def both(client, database):
    return editors(client, database)


def say(client, conversation, citizen, said):
    answer = client.post(f"/api/v1/conversations/{conversation}/messages", json=said, headers=citizen)
    assert answer.status_code == 200, answer.text
    return answer.json()["messages"]


def listed(client, headers, **query):
    return client.get(GAPS, headers=headers, params=query).json()


# ---- through the whole hub


def test_a_question_without_an_answer_is_noted_once_with_its_count(client, both):
    editor, _ = both
    for spelling in (UNKNOWN, UNKNOWN.lower().replace("?", " ??"), f"  {UNKNOWN}"):
        conversation, citizen = start_conversation(client)
        assert say(client, conversation, citizen, {"text": spelling})[0]["kind"] == "abstain"
    found = listed(client, editor)
    assert [(gap["question"], gap["times"], gap["reason"], gap["state"]) for gap in found] == [
        (UNKNOWN, 3, "unanswered", "open")
    ]


def test_an_answer_that_did_not_help_is_noted_with_what_was_said_and_taken_back_by_a_second_thought(client, both):
    editor, _ = both
    conversation, citizen = start_conversation(client)
    question = "Was bedeutet Karenzzeit bei der Wohnung?"
    reply = say(client, conversation, citizen, {"text": question})[0]
    assert reply["kind"] == "answer" and listed(client, editor) == []

    def rate(helpful):
        body = {"message_id": reply["id"], "helpful": helpful}
        path = f"/api/v1/conversations/{conversation}/feedback"
        assert client.post(path, json=body, headers=citizen).status_code == 204

    rate(False)
    rate(False)
    (gap,) = listed(client, editor)
    assert (gap["question"], gap["times"], gap["reason"]) == (question, 1, "unhelpful")
    assert gap["offered"] == [reply["article"]]
    rate(True)
    assert listed(client, editor) == []


def test_emergencies_messages_to_the_job_centre_and_talks_with_people_are_never_noted(client, both, at):
    editor, _ = both
    conversation, citizen = start_conversation(client)
    say(client, conversation, citizen, {"text": "ich will nicht mehr leben xyzzy"})  # the dialogue is away here
    conversation, citizen = start_conversation(client)
    say(client, conversation, citizen, {"payload": "/leave_message"})
    say(client, conversation, citizen, {"text": "Ich bin Erna Zufall und erreichbar unter 069 90009123"})
    assert listed(client, editor) == []


def test_what_is_said_to_a_person_is_never_noted(client, database, at):
    at(MONDAY)
    editor, _ = editors(client, database)
    make_account(database, "mueller")
    desk = sign_in(client, "mueller")
    conversation, citizen, handoff = ask_for_person(client)
    client.post(f"/api/v1/handoffs/{handoff}/claim", headers=desk)
    say(client, conversation, citizen, {"text": UNKNOWN})
    assert listed(client, editor) == []


def test_a_citizen_who_erases_the_conversation_takes_the_question_along(client, both):
    editor, _ = both
    talks = [start_conversation(client) for _ in range(2)]
    for conversation, citizen in talks:
        say(client, conversation, citizen, {"text": UNKNOWN})
    assert listed(client, editor)[0]["times"] == 2
    for left, (conversation, citizen) in zip((1, 0), talks, strict=True):
        assert client.delete(f"/api/v1/conversations/{conversation}", headers=citizen).status_code == 204
        assert sum(gap["times"] for gap in listed(client, editor)) == left


def test_another_tenants_questions_do_not_exist(client, database, both):
    editor, _ = both
    conversation, citizen = start_conversation(client)
    say(client, conversation, citizen, {"text": UNKNOWN})
    (gap,) = listed(client, editor)
    make_account(database, "hafen", roles=["editor"], tenant="beispielhafen")
    foreign = sign_in(client, "hafen", tenant="beispielhafen")
    assert listed(client, foreign) == []
    assert client.patch(f"{GAPS}/{gap['id']}", json={"state": "done"}, headers=foreign).status_code == 404
    assert client.post(f"{GAPS}/{gap['id']}/proposal", json={"article": "strom"}, headers=foreign).status_code == 404


def test_an_editor_marks_questions_and_a_done_one_comes_back_when_it_is_asked_again(client, both):
    editor, _ = both
    conversation, citizen = start_conversation(client)
    say(client, conversation, citizen, {"text": UNKNOWN})
    (gap,) = listed(client, editor)
    done = client.patch(f"{GAPS}/{gap['id']}", json={"state": "done", "note": "steht in strom"}, headers=editor)
    assert done.json()["state"] == "done" and done.json()["note"] == "steht in strom"
    assert listed(client, editor, state="open") == []
    say(client, conversation, citizen, {"text": UNKNOWN})
    assert [(one["state"], one["times"]) for one in listed(client, editor, state="open")] == [("open", 2)]
    client.patch(f"{GAPS}/{gap['id']}", json={"state": "ignored"}, headers=editor)
    say(client, conversation, citizen, {"text": UNKNOWN})
    assert [one["times"] for one in listed(client, editor, state="ignored")] == [3]
    assert client.patch(f"{GAPS}/{gap['id']}", json={"state": "weg"}, headers=editor).status_code == 422


def test_a_question_becomes_an_article_with_its_test_question_and_is_then_answered(client, both, tmp_path):
    first, second = both
    question = "Wer bezahlt mein Quastenflosserbecken?"
    conversation, citizen = start_conversation(client)
    say(client, conversation, citizen, {"text": question})
    (gap,) = listed(client, first)
    made = client.post(
        f"{GAPS}/{gap['id']}/proposal",
        json={"id": "quastenflosser", "title": "Zahlt das Jobcenter ein Becken?", "topic": "wohnen"},
        headers=first,
    )
    assert made.status_code == 201, made.text
    assert made.json()["gap"]["state"] == "proposed" and made.json()["draft"]["state"] == "draft"
    incomplete = client.post(f"{ARTICLES}/quastenflosser/publish", headers=second)
    assert incomplete.status_code == 422, "a draft without an answer is never published"
    rest = {name: ARTICLE[name] for name in ("spoken", "easy", "body", "citations", "valid_from")}
    client.put(f"{ARTICLES}/quastenflosser", json={"revision": 1, **rest}, headers=first)
    done = client.post(f"{ARTICLES}/quastenflosser/publish", headers=second)
    assert done.status_code == 200, done.text
    assert [(trial["question"], trial["found"]) for trial in done.json()["trials"]] == [(question, True)]
    assert [one["state"] for one in listed(client, first)] == ["done"]
    eventually(lambda: found(client, question, "quastenflosser"))
    assert say(client, conversation, citizen, {"text": question})[0]["article"] == "quastenflosser"
    export = client.get("/api/v1/knowledge/test-questions", headers=first)
    (tmp_path / "rows.jsonl").write_text(export.text, encoding="utf-8")
    (row,) = load_rows(tmp_path / "rows.jsonl")
    assert (row.question, row.article, row.register_) == (question, "quastenflosser", "colloquial")


def test_a_question_is_added_to_an_article_there_is(client, both):
    first, second = both
    conversation, citizen = start_conversation(client)
    say(client, conversation, citizen, {"text": UNKNOWN})
    (gap,) = listed(client, first)
    wording = "Wer hilft mir beim Quastenflosser?"
    path = f"{GAPS}/{gap['id']}/proposal"
    assert client.post(path, json={}, headers=first).status_code == 422
    assert client.post(path, json={"article": "gibt-es-nicht"}, headers=first).status_code == 404
    made = client.post(path, json={"article": "miete-karenzzeit", "question": wording}, headers=first)
    assert made.status_code == 201, made.text
    fields = client.get(f"{ARTICLES}/miete-karenzzeit/source", headers=first).json()["fields"]
    assert fields["questions"][-1] == wording and len(fields["questions"]) > 6 and fields["spoken"]


# ---- on both databases


def talk(session, **fields) -> Conversation:
    moment = clock.now()
    row = Conversation(
        id=new_id(), tenant="musterkreis", channel="web", language="de", state="bot", token_hash="x",
        created_at=moment, updated_at=moment, **fields,
    )
    session.add(row)
    session.flush()
    return row


def turn(session, conversation, said: str, *kinds: str, **fields):
    """A citizen's message with replies of these kinds, noted as the hub does it."""
    message = conversations.add_message(session, conversation, role="citizen", text=said, **fields)
    replies = [Reply(kind=kind, text="…", choices=[Choice(title="A", payload='/ask_article{"article":"strom"}')])
               for kind in kinds]
    answers = conversations.finish_turn(session, conversation, message.id, replies)
    gaps.note_unanswered(session, message_id=message.id)
    return answers


def questions(session) -> list[tuple[str, int]]:
    return [(gap.question, gap.times) for gap in session.scalars(select(Gap).order_by(Gap.first_at))]


def test_answers_to_a_form_and_everything_around_an_emergency_are_left_out(either_database):
    with either_database.write() as session:
        form = talk(session)
        turn(session, form, "Termin bitte", "form")
        turn(session, form, "Erna Zufall", "abstain")  # said where the name was asked for
        turn(session, form, "Und was kostet das?", "abstain", "form")  # the form goes on
        crisis = talk(session)
        turn(session, crisis, "Mir geht es so schlecht", "crisis")
        turn(session, crisis, "Was mache ich jetzt nur?", "abstain")
        pressed = talk(session)
        turn(session, pressed, "Strom", "abstain", data={"payload": '/ask_article{"article":"strom"}'})
        assert questions(session) == []
        turn(session, pressed, "Was ist ein Zebra?", "abstain")
        assert questions(session) == [("Was ist ein Zebra?", 1)]


def test_personal_data_never_reaches_the_list(either_database):
    with either_database.write() as session:
        said = "Ich heiße Erna Zufall, Tel. 069 90009123, erna@zufall.example. Was ist ein Zebra?"
        turn(session, talk(session), said, "abstain")
        assert questions(session) == [("Ich heiße [Name], Tel. [Telefon], [E-Mail]. Was ist ein Zebra?", 1)]


def test_behind_a_pressed_choice_and_behind_none_of_them_stands_the_question_that_led_there(either_database):
    with either_database.write() as session:
        conversation = talk(session)
        turn(session, conversation, "Wer zahlt das Licht?", "clarify")
        (answer,) = turn(session, conversation, "A", "answer", data={"payload": '/ask_article{"article":"strom"}'})
        gaps.note_feedback(session, conversation, message_id=answer.id, helpful=False)
        assert questions(session) == [("Wer zahlt das Licht?", 1)]
        turn(session, conversation, "Wer zahlt das Dunkel?", "clarify")
        turn(session, conversation, "Nichts davon", "text", data={"payload": "/deny"})
        assert questions(session)[1:] == [("Wer zahlt das Dunkel?", 1)]
        assert session.scalars(select(Gap.offered)).all()[1] == ["strom"]
        turn(session, conversation, "Strom", "answer")
        (next_answer,) = turn(session, conversation, "B", "answer", data={"payload": '/ask_article{"article":"x"}'})
        gaps.note_feedback(session, conversation, message_id=next_answer.id, helpful=False)
        assert len(questions(session)) == 2, "a next step under an answer is another subject"


def test_questions_outlive_the_conversations_retention_and_end_with_their_own(either_database, monkeypatch):
    with either_database.write() as session:
        conversation = talk(session)
        turn(session, conversation, "Was ist ein Zebra?", "abstain")
        erase_conversation(session, conversation)  # its retention is over
    with either_database.write() as session:
        assert questions(session) == [("Was ist ein Zebra?", 1)]
        assert session.scalars(select(GapOccurrence.conversation_id)).all() == [None]
        assert gaps.erase_expired(session, retention_days=180) == 0
    later = clock.now() + timedelta(days=181)
    monkeypatch.setattr(clock, "now", lambda: later)
    with either_database.write() as session:
        assert gaps.erase_expired(session, retention_days=180) == 1
        assert questions(session) == [] and session.scalars(select(GapOccurrence)).all() == []


def account(session, name: str) -> Account:
    row = Account(
        id=new_id(), tenant="musterkreis", username=name, name=name, password_hash="x", roles=["editor"], teams=[],
        active=True, created_at=clock.now(),
    )
    session.add(row)
    session.flush()
    return row


def test_revisions_count_up_and_at_most_one_is_in_effect(either_database):
    with either_database.write() as session:
        first, second = account(session, "erste"), account(session, "zweite")
        fields = {"title": "Ein Titel"}
        draft = service.create_draft(
            session, account=first, layer="musterkreis", article_id="probe", fields=fields, exists=False
        )
        before = changes(session)
        service.publish(session, account=second, revision=service.as_published(draft))
        assert changes(session) == before + 1
        gone = service.withdraw(
            session, account=first, layer="musterkreis", article_id="probe", text=draft.text, reason="falsch"
        )
        assert (gone.number, changes(session)) == (2, before + 2)
        assert [(one.id, one.number, one.withdrawn) for one in published(session)] == [("probe", 2, True)]
        states = session.scalars(select(Revision.state).order_by(Revision.number)).all()
        assert states == ["replaced", "withdrawn"]
        with pytest.raises(Problem, match="schon zurückgezogen"):
            service.withdraw(session, account=first, layer="musterkreis", article_id="probe", text="", reason="x")


# ---- what is recognised


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("Ich heiße Max Mustermann und wohne in der Hauptstraße 12a, 12345 Musterstadt",
         "Ich heiße [Name] und wohne in der [Adresse], [Nummer] Musterstadt"),
        ("mein name ist ayşe yılmaz-öztürk, wann kommt das geld", "mein name ist [Name], wann kommt das geld"),
        ("Frau Dr. Müller hat angerufen", "Frau [Name] hat angerufen"),
        ("ruf an 0171 2345678 oder +49 69 90009123", "ruf an [Telefon] oder [Telefon]"),
        ("an max.muster@example.org bitte", "an [E-Mail] bitte"),
        ("IBAN DE89 3704 0044 0532 0130 00 wann", "IBAN [Konto] wann"),
        ("de89370400440532013000", "[Konto]"),
        ("geboren am 3. Mai 1980", "geboren am [Datum]"),
        ("bin geb. 3.5.80 darf ich", "bin geb. [Datum] darf ich"),
        ("Kundennummer 123D456789, BG 12345//0001234", "Kundennummer [Nummer], BG [Nummer]"),
        ("Danke, mfg Peter Müller", "Danke, mfg [Name]"),
        # what belongs to the question stays
        ("Darf ich 15000 Euro sparen?", "Darf ich 15000 Euro sparen?"),
        ("Was ist mit 1.500,50 € Miete?", "Was ist mit 1.500,50 € Miete?"),
        ("§ 22 SGB II, Regelbedarf 2026, 3 Kinder 14 und 17", "§ 22 SGB II, Regelbedarf 2026, 3 Kinder 14 und 17"),
        ("Meine Frau ist schwanger", "Meine Frau ist schwanger"),
    ],
)
def test_personal_data_is_replaced_and_the_question_stays_readable(said, kept):
    assert without_personal_data(said) == kept
