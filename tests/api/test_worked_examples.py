"""The worked example over HTTP: figures in, steps with sources out, nothing kept."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import inspect, text

from api.clock import BERLIN
from api.database import Database

FAMILY = {
    "adults": [{"gross": 1500, "net": 1250}, {}],
    "children": [{"age": 3}, {"age": 8}],
    "rent": "800.00",
}


@pytest.fixture(autouse=True)
def monday_morning(at: Any) -> None:
    at(datetime(2026, 11, 23, 9, 30, tzinfo=BERLIN))


def ask(client: TestClient, figures: dict[str, Any], **query: str) -> Any:
    return client.post("/api/v1/knowledge/worked-example", json=figures, params=query)


def test_each_step_has_a_label_an_amount_and_a_source(client: TestClient) -> None:
    found = ask(client, FAMILY).json()
    assert Decimal(found["total"]) == 1219
    assert found["written"] == "1.219 Euro"
    assert found["decision"] is False
    assert found["day"] == "2026-11-23"
    for step in found["steps"]:
        assert step["label"] and step["written"].endswith("Euro")
        assert step["citation"]["label"] and step["citation"]["as_of"]
    bands = [step for step in found["steps"] if step["id"] == "allowance_band"]
    assert [step["amount"] for step in bands] == ["-84.00", "-144.00", "-50.00"]
    assert bands[2]["label"] == "Frei bleiben 10 Prozent vom Lohn über 1.000 Euro bis 1.500 Euro brutto"
    assert bands[2]["written"] == "−50 Euro"


def test_the_next_steps_are_to_apply_and_where_nothing_is_left_other_help(client: TestClient) -> None:
    some = [(step["kind"], step["id"]) for step in ask(client, {"rent": 500}).json()["next_steps"]]
    assert some[:2] == [("service", "erstantrag"), ("article", "antrag-stellen")]
    rich = FAMILY | {"adults": [{"gross": 5000, "net": 3500}, {}]}
    nothing = ask(client, rich).json()
    assert Decimal(nothing["total"]) == 0
    assert [step["id"] for step in nothing["next_steps"]] == [
        "erstantrag", "wohngeld", "kinderzuschlag", "antrag-stellen",
    ]  # fmt: skip
    said = " ".join(note["text"] for note in nothing["notes"])
    assert "keine Ablehnung" in said and "kostet nichts" in said


def test_nothing_is_stored(client: TestClient, database: Database) -> None:
    def rows() -> dict[str, int]:
        with database.read() as session:
            names = inspect(database.engine).get_table_names()
            return {name: session.execute(text(f"SELECT count(*) FROM {name}")).scalar_one() for name in names}

    before = rows()
    assert ask(client, FAMILY).status_code == 200
    assert rows() == before


def test_where_a_day_has_no_amount_it_says_so_instead_of_calculating(client: TestClient, at: Any) -> None:
    at(datetime(2027, 1, 1, 9, 30, tzinfo=BERLIN))
    answer = ask(client, FAMILY)
    assert answer.status_code == 409
    assert answer.json()["type"].endswith("amount-missing")
    assert "rechne ich nichts" in answer.json()["detail"]
    assert "01.01.2027" in answer.json()["missing"]


@pytest.mark.parametrize(
    "figures",
    [
        {"adults": []},
        {"adults": [{}, {}, {}]},
        {"adults": [{"gross": 500, "net": 600}]},
        {"adults": [{"gross": -1}]},
        {"adults": [{}, {}], "single_parent": True, "children": [{"age": 3}]},
        {"children": [{"age": 25}]},
        {"children": [{"age": -1}]},
        {"rent": "NaN"},
        {"rent": "1.234"},
        {"rent": 1e12},
        {"name": "Anna"},
    ],
)
def test_figures_that_cannot_be_are_refused_in_german(client: TestClient, figures: dict[str, Any]) -> None:
    answer = ask(client, figures)
    assert answer.status_code == 422
    assert answer.json()["detail"].endswith(".")


def test_an_article_a_municipality_has_switched_off_is_no_next_step(client: TestClient) -> None:
    found = ask(client, {"rent": 500}, tenant="beispielhafen").json()
    assert found["next_steps"][0]["title"] == "Neuantrag"
