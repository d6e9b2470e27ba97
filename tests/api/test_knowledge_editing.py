"""Promises of editing: nobody publishes their own text, nothing wrong goes live, what is published is live at once."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from desk import make_account, sign_in
from editors import ARTICLE, ARTICLES, ID, QUESTION, editors, eventually, found, publish, served
from sqlalchemy import select

from api import libraries as libraries_module
from api.accounts.models import AuditEntry
from knowledge.library import Library


@pytest.fixture
def both(client, database):
    return editors(client, database)


def change(client, headers, revision, *, article=ID, params=None, **fields):
    return client.put(
        f"{ARTICLES}/{article}", json={"revision": revision, **fields}, headers=headers, params=params or {}
    )


# ---- from draft to answer


def test_a_new_article_is_live_without_a_restart_once_a_second_person_published_it(client, both):
    first, second = both
    made = client.post(ARTICLES, json=ARTICLE, headers=first)
    assert made.status_code == 201 and made.json()["state"] == "draft" and made.headers["etag"] == '"1"'
    assert served(client) is None
    assert [draft["mine"] for draft in client.get("/api/v1/knowledge/drafts", headers=first).json()] == [True]
    assert [draft["mine"] for draft in client.get("/api/v1/knowledge/drafts", headers=second).json()] == [False]
    done = client.post(f"{ARTICLES}/{ID}/publish", json={"revision": 1}, headers=second)
    assert done.status_code == 200 and done.json()["state"] == "published"
    eventually(lambda: served(client) is not None and found(client, QUESTION))
    answer = client.get("/api/v1/knowledge/search", params={"q": QUESTION}).json()
    assert answer["decision"] == "answer"
    assert answer["hits"][0]["citations"][0]["label"] == "§ 22 SGB II"
    assert client.get("/api/v1/knowledge/drafts", headers=first).json() == []


def test_nobody_publishes_their_own_text(client, both):
    first, _second = both
    client.post(ARTICLES, json=ARTICLE, headers=first)
    refused = client.post(f"{ARTICLES}/{ID}/publish", headers=first)
    assert refused.status_code == 403 and "zweiten Person" in refused.json()["detail"]
    assert served(client) is None


def test_editing_in_between_does_not_make_anybody_the_second_person(client, database, both):
    first, second = both
    client.post(ARTICLES, json=ARTICLE, headers=first)
    assert change(client, second, 1, note="Komma").status_code == 200
    for writer in (first, second):
        assert client.post(f"{ARTICLES}/{ID}/publish", headers=writer).status_code == 403
    make_account(database, "dritte", roles=["editor"])
    assert client.post(f"{ARTICLES}/{ID}/publish", headers=sign_in(client, "dritte")).status_code == 200


def test_what_was_read_is_what_is_published(client, database, both):
    first, second = both
    client.post(ARTICLES, json=ARTICLE, headers=first)
    change(client, first, 1, title="Ganz anders?")
    late = client.post(f"{ARTICLES}/{ID}/publish", json={"revision": 1}, headers=second)
    assert late.status_code == 409 and "Fassung 2" in late.json()["detail"]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"body": "Es gibt 563 Euro."}, "563 Euro"),
        ({"body": "{{ amounts.gibt.es_nicht }}"}, "gibt.es_nicht"),
        ({"body": "{{ 'x' * 1000000000 }}"}, "Platzhalter"),
        ({"body": ""}, "body"),
        ({"spoken": "Siehe § 22."}, "§"),
        ({"citations": ["§ 999 SGB II"]}, "§ 999"),
        ({"next_steps": [{"article": "gibt-es-nicht"}]}, "gibt-es-nicht"),
        ({"questions": ["Zahlt das Jobcenter im ersten Jahr meine ganze Miete?"]}, "steht auch bei"),
        ({"title": "{% for x in"}, "Platzhalter"),
    ],
)
def test_an_error_of_the_check_refuses_publication_and_is_said(client, both, fields, said):
    first, second = both
    client.post(ARTICLES, json={**ARTICLE, **fields}, headers=first)
    refused = client.post(f"{ARTICLES}/{ID}/publish", json={"confirm": True}, headers=second)
    assert refused.status_code == 422, refused.text
    errors = [finding["text"] for finding in refused.json()["findings"] if finding["level"] == "error"]
    assert any(said in error for error in errors), errors
    assert served(client) is None


# ---- two at once


def test_a_change_of_an_older_text_is_refused_with_the_name_of_who_was_quicker(client, both):
    first, second = both
    client.post(ARTICLES, json=ARTICLE, headers=first)
    assert change(client, second, 1, title="Neu?").status_code == 200
    late = change(client, first, 1, title="Alt?")
    assert late.status_code == 409
    assert "Frau Zweite" in late.json()["detail"] and "Fassung 2" in late.json()["detail"]
    tagged = client.put(f"{ARTICLES}/{ID}", json={"title": "Alt?"}, headers={**first, "If-Match": '"1"'})
    assert tagged.status_code == 412 and tagged.json()["revision"] == 2
    fresh = client.get(f"{ARTICLES}/{ID}/source", headers=first)
    assert fresh.headers["etag"] == '"2"' and fresh.json()["fields"]["title"] == "Neu?"
    sent = client.put(f"{ARTICLES}/{ID}", json={"title": "Alt?"}, headers={**first, "If-Match": fresh.headers["etag"]})
    assert sent.status_code == 200
    assert client.put(f"{ARTICLES}/{ID}", json={"title": "Ohne?"}, headers=first).status_code == 422


def test_of_many_changes_at_the_same_moment_one_wins(client, both):
    first, second = both
    client.post(ARTICLES, json=ARTICLE, headers=first)
    barrier = threading.Barrier(6)

    def write(number: int) -> int:
        barrier.wait()
        return change(client, first if number % 2 else second, 1, title=f"Nummer {number}?").status_code

    with ThreadPoolExecutor(6) as pool:
        answers = sorted(pool.map(write, range(6)))
    assert answers == [200, 409, 409, 409, 409, 409]


def test_an_article_there_is_cannot_be_made_again(client, both):
    first, _second = both
    taken = client.post(ARTICLES, json={**ARTICLE, "id": "miete-karenzzeit"}, headers=first)
    assert taken.status_code == 409 and "gibt es schon" in taken.json()["detail"]
    assert client.post(ARTICLES, json={**ARTICLE, "id": "../etc"}, headers=first).status_code == 422
    assert change(client, first, 0, article="gibt-es-nicht", title="x").status_code == 404


# ---- history


def test_old_texts_stay_readable_and_come_back_by_two_people(client, both):
    first, second = both
    publish(client, first, second)
    eventually(lambda: served(client) is not None)
    old = served(client)
    change(client, second, 1, body="**Nein.** Das prüft das Jobcenter. Fragen Sie dort nach.")
    client.post(f"{ARTICLES}/{ID}/publish", headers=first)
    eventually(lambda: "Nein" in (served(client) or ""))
    back = client.post(f"{ARTICLES}/{ID}/rollback", json={"revision": 1}, headers=first)
    assert back.status_code == 201 and back.json()["state"] == "draft"
    assert client.post(f"{ARTICLES}/{ID}/publish", headers=first).status_code == 403
    assert client.post(f"{ARTICLES}/{ID}/publish", headers=second).status_code == 200
    eventually(lambda: served(client) == old)
    states = [(row["revision"], row["state"]) for row in client.get(f"{ARTICLES}/{ID}/history", headers=first).json()]
    assert states == [(3, "published"), (2, "replaced"), (1, "replaced")]
    assert client.post(f"{ARTICLES}/{ID}/rollback", json={"revision": 9}, headers=first).status_code == 404


def test_one_person_takes_a_wrong_answer_offline_at_once(client, database, both):
    first, second = both
    gone = client.post(f"{ARTICLES}/miete-karenzzeit/withdraw", json={"reason": "Gesetz geändert"}, headers=first)
    assert gone.status_code == 200 and gone.json()["state"] == "withdrawn"
    eventually(lambda: served(client, "miete-karenzzeit") is None)
    missing = client.get(f"{ARTICLES}/miete-karenzzeit")
    assert missing.status_code == 404 and "zurückgezogen" in missing.json()["detail"]
    again = client.post(f"{ARTICLES}/miete-karenzzeit/withdraw", json={"reason": "noch mal"}, headers=second)
    assert again.status_code == 409
    back = client.post(f"{ARTICLES}/miete-karenzzeit/rollback", json={"revision": 1}, headers=first)
    assert back.status_code == 201
    done = client.post(f"{ARTICLES}/miete-karenzzeit/publish", headers=second)
    assert done.status_code == 200, done.text
    eventually(lambda: served(client, "miete-karenzzeit") is not None)
    with database.read() as session:
        of_articles = select(AuditEntry).where(AuditEntry.object_kind == "article").order_by(AuditEntry.id)
        trail = session.scalars(of_articles).all()
    assert [entry.action for entry in trail] == ["article-withdrawn", "article-rolled-back", "article-published"]
    assert trail[0].detail["reason"] == "Gesetz geändert" and trail[0].actor == "erste"


def test_a_draft_is_sent_back_with_its_reason(client, both):
    first, second = both
    client.post(ARTICLES, json=ARTICLE, headers=first)
    assert client.post(f"{ARTICLES}/{ID}/reject", json={"reason": " "}, headers=second).status_code == 422
    back = client.post(f"{ARTICLES}/{ID}/reject", json={"reason": "Fundstelle fehlt"}, headers=second)
    assert back.json()["state"] == "rejected" and back.json()["decided_by"] == "Frau Zweite"
    assert client.post(f"{ARTICLES}/{ID}/publish", headers=second).status_code == 404
    assert client.get(f"{ARTICLES}/{ID}/history", headers=first).json()[0]["reason"] == "Fundstelle fehlt"


# ---- who, and for whom


def test_only_editors_get_in(client, database):
    make_account(database, "mueller", roles=["caseworker"])
    for headers, status in (({}, 401), (sign_in(client, "mueller"), 403)):
        assert client.post(ARTICLES, json=ARTICLE, headers=headers).status_code == status
        assert client.put(f"{ARTICLES}/{ID}", json={"revision": 1}, headers=headers).status_code == status
        for path in ("publish", "withdraw", "reject", "rollback"):
            answer = client.post(f"{ARTICLES}/{ID}/{path}", json={"reason": "x", "revision": 1}, headers=headers)
            assert answer.status_code == status, path
        for path in ("/drafts", "/gaps", "/test-questions", f"/articles/{ID}/history", f"/articles/{ID}/source"):
            assert client.get(f"/api/v1/knowledge{path}", headers=headers).status_code == status, path


def test_a_change_for_one_tenant_never_reaches_another(client, both):
    first, second = both
    publish(client, first, second)
    eventually(lambda: served(client) is not None)
    assert served(client, tenant="beispielhafen") is None
    eventually(lambda: found(client, QUESTION))
    assert not found(client, QUESTION, tenant="beispielhafen")


def test_a_base_article_reaches_every_tenant_and_only_named_tenants_write_it(client, database, both):
    first, second = both  # of the tenant that LOTSE_TENANT names
    publish(client, first, second, layer="base")
    for tenant in ("musterkreis", "beispielhafen"):
        eventually(lambda tenant=tenant: served(client, tenant=tenant) is not None)
    make_account(database, "hafen", roles=["editor"], tenant="beispielhafen")
    foreign = sign_in(client, "hafen", tenant="beispielhafen")
    assert change(client, foreign, 1, params={"layer": "base"}, title="x").status_code == 403
    assert change(client, foreign, 1, params={"layer": "musterkreis"}, title="x").status_code == 403
    assert client.get("/api/v1/knowledge/drafts", headers=foreign).json() == []
    own = change(client, foreign, 0, title="Bei uns?")
    assert own.status_code == 200 and own.json()["layer"] == "beispielhafen"


# ---- preview and test questions


def test_the_preview_shows_what_citizens_would_get_and_stores_nothing(client, both):
    first, _second = both
    text = "Der Satz ist {{ amounts.regelbedarf.stufe_1 }}."
    seen = client.post(f"{ARTICLES}/preview", json={**ARTICLE, "body": text}, headers=first)
    assert seen.status_code == 200, seen.text
    assert seen.json()["text"] == "Der Satz ist 563 Euro."
    assert seen.json()["citations"][0]["label"] == "§ 22 SGB II"
    trials = seen.json()["trials"]
    assert len(trials) >= 3 and all(trial["found"] for trial in trials)
    asked = client.post(
        f"{ARTICLES}/preview", json={**ARTICLE, "trial_questions": ["Wann öffnet die Bibliothek?"]}, headers=first
    ).json()["trials"]
    assert asked[0]["question"] == "Wann öffnet die Bibliothek?" and not asked[0]["found"]
    broken = client.post(f"{ARTICLES}/preview", json={**ARTICLE, "body": "{{ x }}"}, headers=first).json()
    assert broken["text"] is None and broken["findings"][0]["level"] == "error"
    assert client.get("/api/v1/knowledge/drafts", headers=first).json() == []
    assert served(client) is None


def test_a_failing_test_question_wants_a_second_look_before_publication(client, both):
    first, second = both
    client.post(ARTICLES, json=ARTICLE, headers=first)
    asked = {"question": "Wie wird das Wetter am Wochenende auf dem Mond?", "article": ID}
    assert client.post("/api/v1/knowledge/test-questions", json=asked, headers=first).status_code == 201
    warned = client.post(f"{ARTICLES}/{ID}/publish", headers=second)
    assert warned.status_code == 409 and warned.json()["type"].endswith("test-questions-fail")
    assert [trial["found"] for trial in warned.json()["trials"]] == [False]
    assert client.get(f"{ARTICLES}/{ID}/history", headers=first).json()[0]["state"] == "draft"
    done = client.post(f"{ARTICLES}/{ID}/publish", json={"confirm": True}, headers=second)
    assert done.status_code == 200 and done.json()["trials"][0]["question"] == asked["question"]


def test_a_draft_that_takes_another_articles_question_away_is_told(client, both):
    first, second = both
    question = "Quastenflosser im Zebrafinkenbecken?"
    publish(client, first, second, {**ARTICLE, "questions": ["Quastenflosser", "Zebrafinkenbecken"]})
    eventually(lambda: found(client, question))
    client.post("/api/v1/knowledge/test-questions", json={"question": question, "article": ID}, headers=first)
    other = {**ARTICLE, "id": "anderer", "title": question, "questions": ["Quastenflosser Zebrafinkenbecken"]}
    client.post(ARTICLES, json=other, headers=first)
    warned = client.post(f"{ARTICLES}/anderer/publish", headers=second)
    assert warned.status_code == 409, warned.text
    assert [(trial["expected"], trial["found"]) for trial in warned.json()["trials"]] == [(ID, False)]


# ---- the swap


def test_searches_go_on_while_a_new_library_takes_its_place(client, both):
    first, second = both
    stop, failures, answers = threading.Event(), [], []

    def search() -> None:
        while not stop.is_set():
            answer = client.get("/api/v1/knowledge/search", params={"q": "Zahlt das Amt meine Miete?"})
            answers.append(answer.status_code)
            if answer.status_code != 200 or not answer.json()["hits"]:
                failures.append(answer.text)

    threads = [threading.Thread(target=search) for _ in range(3)]
    for thread in threads:
        thread.start()
    publish(client, first, second)
    eventually(lambda: served(client) is not None)
    client.post(f"{ARTICLES}/{ID}/withdraw", json={"reason": "Probe"}, headers=first)
    eventually(lambda: served(client) is None)
    stop.set()
    for thread in threads:
        thread.join()
    assert failures == [] and len(answers) > 3


def test_a_withdrawn_answer_is_gone_even_where_no_new_library_can_be_built(client, both, monkeypatch):
    first, second = both
    publish(client, first, second)
    search = {"q": QUESTION}
    eventually(lambda: found(client, QUESTION))

    def broken(*_args, **_kwargs):
        raise MemoryError

    monkeypatch.setattr(Library, "load", broken)
    client.post(f"{ARTICLES}/{ID}/withdraw", json={"reason": "falsch"}, headers=first)
    eventually(lambda: served(client) is None)
    answer = client.get("/api/v1/knowledge/search", params=search).json()
    assert answer["decision"] == "abstain" and answer["hits"] == []
    assert client.get("/api/v1/knowledge/search", params={"q": "Was bedeutet Karenzzeit?"}).json()["hits"]


def test_a_library_that_cannot_be_built_leaves_the_old_one_serving_and_is_reported(
    client, app, both, monkeypatch
):
    first, second = both
    assert client.get("/readyz").json()["checks"]["knowledge"] == "ok"

    def broken(*_args, **_kwargs):
        raise OSError("Platte voll")

    client.post(ARTICLES, json=ARTICLE, headers=first)
    assert client.post(f"{ARTICLES}/{ID}/publish", headers=second).status_code == 200
    eventually(lambda: served(client) is not None)
    with monkeypatch.context() as patch:
        patch.setattr(Library, "load", broken)
        patch.setattr(libraries_module, "load_content", broken)
        client.post(f"{ARTICLES}/{ID}/withdraw", json={"reason": "Probe"}, headers=first)
        eventually(lambda: client.get("/readyz").json()["checks"]["knowledge"] == "outdated")
        told = client.get("/readyz").json()
        assert told["status"] == "degraded" and "Platte voll" in str(told["details"])
        assert client.get("/readyz").status_code == 200
        assert served(client) is not None, "the old library still answers"
    app.state.libraries._retry_at = 0.0
    eventually(lambda: client.get("/readyz").json()["checks"]["knowledge"] == "ok")
    assert served(client) is None
