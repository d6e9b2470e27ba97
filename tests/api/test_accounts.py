"""Promises of sign-in, roles and accounts."""

import io
from datetime import timedelta

import pytest
from desk import MONDAY, OTHER_TENANT, PASSWORD, TENANT, make_account, sign_in
from sqlalchemy import select

from api.accounts.__main__ import main
from api.accounts.models import Account, AccountSession, AuditEntry
from api.accounts.service import ensure_first_account, find_account, set_active
from api.identifiers import token_hash
from api.settings import get_settings

SESSION = "/api/v1/session"


def attempt(client, username, password):
    answer = client.post(SESSION, json={"username": username, "password": password})
    client.cookies.clear()
    return answer


def test_the_right_password_opens_a_session_by_cookie_and_by_bearer(client, database):
    make_account(database, "mueller")
    started = client.post(SESSION, json={"username": "  MUELLER ", "password": PASSWORD})
    assert started.status_code == 201
    cookie = started.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=lax" in cookie
    assert client.get(SESSION).json()["account"]["username"] == "mueller"
    client.cookies.clear()
    assert client.get(SESSION).status_code == 401
    bearer = {"Authorization": f"Bearer {started.json()['token']}"}
    assert client.get(SESSION, headers=bearer).json()["csrf"] == started.json()["csrf"]


def test_only_hashes_of_passwords_and_tokens_are_stored(client, database):
    make_account(database, "mueller")
    token = sign_in(client, "mueller")["Authorization"].removeprefix("Bearer ")
    with database.read() as session:
        assert session.scalars(select(Account)).one().password_hash.startswith("$argon2id$")
        assert session.scalars(select(AccountSession)).one().token_hash == token_hash(token)


def test_a_wrong_password_and_an_unknown_name_are_answered_alike(client, database):
    make_account(database, "mueller")
    wrong, unknown = attempt(client, "mueller", "falsch"), attempt(client, "niemand", "falsch")
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json() == unknown.json()


@pytest.mark.parametrize("username", ["mueller", "niemand"])
def test_repeated_failures_lock_a_name_whether_or_not_it_exists(client, database, at, username):
    moment = at(MONDAY)
    make_account(database, "mueller")
    for _ in range(5):
        assert attempt(client, username, "falsch").status_code == 401
    locked = attempt(client, username, PASSWORD)
    assert locked.status_code == 429
    assert locked.headers["retry-after"] == "900"
    at(moment + timedelta(minutes=16))
    assert attempt(client, username, PASSWORD).status_code == (201 if username == "mueller" else 401)


def test_a_right_password_clears_the_count_of_failures(client, database):
    make_account(database, "mueller")
    for _ in range(3):
        for _ in range(4):
            assert attempt(client, "mueller", "falsch").status_code == 401
        assert attempt(client, "mueller", PASSWORD).status_code == 201


def test_many_failures_from_one_address_are_slowed_down(client):
    answers = [attempt(client, f"name{number}", "falsch").status_code for number in range(21)]
    assert answers == [401] * 20 + [429]


def test_a_session_ends_by_itself_and_by_signing_out(client, database, at):
    moment = at(MONDAY)
    make_account(database, "mueller")
    headers, other = sign_in(client, "mueller"), sign_in(client, "mueller")
    assert client.delete(SESSION, headers=headers).status_code == 204
    assert client.get(SESSION, headers=headers).status_code == 401
    assert client.get(SESSION, headers=other).status_code == 200
    at(moment + timedelta(hours=11))
    assert client.get(SESSION, headers=other).status_code == 401


def test_a_closed_account_is_signed_out_and_cannot_sign_in(client, database):
    make_account(database, "mueller")
    headers = sign_in(client, "mueller")
    with database.write() as session:
        set_active(session, find_account(session, tenant=TENANT, username="mueller"), False)
    assert client.get(SESSION, headers=headers).status_code == 401
    assert attempt(client, "mueller", PASSWORD).status_code == 401


def test_a_change_by_cookie_needs_the_csrf_token_of_the_session(client, database):
    make_account(database, "mueller")
    csrf = client.post(SESSION, json={"username": "mueller", "password": PASSWORD}).json()["csrf"]
    for headers in (
        {},
        {"X-Lotse-CSRF": "0" * 64},
        {"X-Lotse-CSRF": csrf, "Origin": "https://anderswo.example"},
        {"X-Lotse-CSRF": csrf, "Origin": "null"},
        {"X-Lotse-CSRF": csrf, "Sec-Fetch-Site": "cross-site"},
    ):
        refused = client.delete(SESSION, headers=headers)
        assert (refused.status_code, refused.json()["type"]) == (403, "urn:lotse:problem:csrf"), headers
    assert client.delete(SESSION, headers={"X-Lotse-CSRF": csrf, "Origin": "http://testserver"}).status_code == 204


def test_another_site_cannot_sign_a_browser_in(client, database):
    make_account(database, "mueller")
    body = {"username": "mueller", "password": PASSWORD}
    assert client.post(SESSION, json=body, headers={"Origin": "https://anderswo.example"}).status_code == 403


def test_neither_citizens_nor_the_service_token_are_accounts(client):
    conversation = client.post("/api/v1/conversations", json={}).json()
    for token in (conversation["token"], "service-token", "", "x" * 5000):
        assert client.get("/api/v1/handoffs", headers={"Authorization": f"Bearer {token}"}).status_code == 401


def test_the_same_name_may_exist_in_two_tenants(client, app, database):
    app.state.tenants[OTHER_TENANT] = app.state.tenants[TENANT].model_copy(update={"id": OTHER_TENANT})
    make_account(database, "mueller")
    make_account(database, "mueller", tenant=OTHER_TENANT)
    for tenant in (TENANT, OTHER_TENANT):
        headers = sign_in(client, "mueller", tenant=tenant)
        assert client.get(SESSION, headers=headers).json()["account"]["tenant"] == tenant
    with pytest.raises(ValueError, match="gibt es schon"):
        make_account(database, "Mueller")


def test_colleagues_say_who_is_at_the_desk_now(client, database, at):
    moment = at(MONDAY)
    make_account(database, "mueller")
    make_account(database, "schmidt")
    make_account(database, "redaktion", roles=["editor"])
    schmidt = sign_in(client, "schmidt")
    at(moment + timedelta(minutes=6))
    mueller = sign_in(client, "mueller")
    present = {one["name"]: one["present"] for one in client.get("/api/v1/colleagues", headers=mueller).json()}
    assert present == {"Mueller": True, "Schmidt": False}
    client.get(SESSION, headers=schmidt)
    assert all(one["present"] for one in client.get("/api/v1/colleagues", headers=mueller).json())


def test_the_first_account_is_made_once_and_its_password_works(client, database):
    with database.write() as session:
        password = ensure_first_account(session, TENANT, None)
    assert password and len(password) >= 16
    with database.write() as session:
        assert ensure_first_account(session, TENANT, None) is None
    assert attempt(client, "sachbearbeitung", password).json()["account"]["roles"] == ["admin", "caseworker"]


def test_accounts_are_made_and_given_passwords_from_the_command_line(
    client, database, settings, monkeypatch, capsys
):
    monkeypatch.setattr("api.accounts.__main__.get_settings", lambda: settings)

    def run(*arguments: str, typed: str = "") -> tuple[int, str]:
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        status = main(arguments)
        output = capsys.readouterr()
        return status, output.out + output.err

    assert run("create", "mueller", "--name", "Frau Müller", "--team", "leistung", typed=PASSWORD + "\n")[0] == 0
    assert attempt(client, "mueller", PASSWORD).json()["account"]["teams"] == ["leistung"]
    assert run("create", "mueller", typed=PASSWORD + "\n") == (1, "Den Benutzernamen mueller gibt es schon.\n")
    assert run("create", "kurz", typed="kurz\n")[0] == 1
    assert run("create", "ohne-team", "--team", "unbekannt", typed=PASSWORD + "\n")[0] == 1
    status, output = run("password", "mueller")
    made = output.split("Passwort: ")[1].split()[0]
    assert status == 0
    assert attempt(client, "mueller", PASSWORD).status_code == 401
    assert attempt(client, "mueller", made).status_code == 201
    assert "Frau Müller" in run("list")[1]
    assert run("close", "mueller")[0] == 0
    assert attempt(client, "mueller", made).status_code == 401
    assert run("--tenant", "nirgends", "list")[0] == 2
    assert get_settings().database_url != settings.database_url  # the command went to the test's own database


def test_signing_in_and_making_accounts_leave_a_trail(client, database):
    make_account(database, "mueller")
    sign_in(client, "mueller")
    with database.read() as session:
        trail = [(entry.action, entry.actor) for entry in session.scalars(select(AuditEntry).order_by(AuditEntry.id))]
    assert trail == [("account-created", "system"), ("sign-in", "mueller")]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"username": "", "password": "x"},
        {"username": "x" * 500, "password": "x"},
        {"username": "mueller", "password": "x" * 5000},
        {"username": "mueller\x00' OR 1=1 --", "password": "x"},
        {"username": ["mueller"], "password": {"$ne": None}},
        {"username": "mueller", "password": "x", "tenant": "nirgends"},
    ],
)
def test_hostile_sign_ins_get_a_problem_and_no_stack_trace(client, body):
    answer = client.post(SESSION, json=body)
    assert answer.status_code in {401, 404, 422}
    assert answer.headers["content-type"] == "application/problem+json"
    assert "Traceback" not in answer.text
