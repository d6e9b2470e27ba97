"""What the short forms read from a message, what follows from it, and how much is read aloud at once."""

from typing import Any

import pytest

from bot.actions.checklist import ValidateChecklistForm, checklist_message, details_in, household_in
from bot.actions.few_questions import LONGEST_PORTION, portions
from bot.actions.worked_example import ValidateExampleForm, example_message, figures_of

CHECKLIST = ("occasion", "service", "household", "work", "housing")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Was muss ich mitbringen?", {}),
        ("ich bin selbständig und will verlängern", {"occasion": "renewal", "work": "self_employed"}),
        ("Unterlagen für die Weiterbewilligung? Ich habe einen Minijob", {"occasion": "renewal", "work": "employed"}),
        ("Unterlagen für den ersten Antrag, bin alleinerziehend", {"occasion": "first", "household": "children"}),
        ("Was brauche ich beim ersten Mal? Ich wohne bei meinen Eltern", {"occasion": "first", "housing": "parents"}),
        ("wir wohnen zur Miete, mein Mann und zwei Kinder", {"household": "partner-children", "housing": "rent"}),
        ("Was muss ich zum Termin mitbringen?", {"occasion": "appointment"}),
        ("ich arbeite nicht und lebe allein", {"household": "alone", "work": "none"}),
        ("selbstständig mit Eigentumswohnung", {"work": "self_employed", "housing": "own"}),
    ],
)  # fmt: skip
def test_details_of_the_message_are_not_asked_again(text: str, found: dict[str, str]) -> None:
    assert details_in(text) == {f"checklist_{name}": value for name, value in found.items()}


@pytest.mark.parametrize(
    ("slot", "text", "value"),
    [
        ("household", "niemand", "alone"), ("household", "allein", "alone"), ("household", "nein", "alone"),
        ("household", "Partner und Kinder", "partner-children"), ("household", "meine Tochter", "children"),
        ("household", "mit Partner", "partner"), ("household", "Kinder", "children"),
        ("work", "nein", "none"), ("work", "ja", "employed"), ("work", "Selbständig", "self_employed"),
        ("housing", "Miete", "rent"), ("housing", "bei den Eltern", "parents"), ("housing", "im Eigentum", "own"),
        ("occasion", "Erster", "first"), ("occasion", "Verlängerung", "renewal"),
    ],
)  # fmt: skip
def test_a_short_answer_is_understood_where_it_was_asked_for(slot: str, text: str, value: str) -> None:
    assert details_in(text, asked=f"checklist_{slot}")[f"checklist_{slot}"] == value


def test_children_are_not_made_up() -> None:
    assert household_in("keine Kinder, lebe mit meiner Frau") == "partner"
    assert household_in("Was muss ich mitbringen?") is None


def known(**answers: Any) -> dict[str, Any]:
    return {f"checklist_{name}": answers.get(name) for name in (*CHECKLIST, "asked")}


def test_after_three_questions_nothing_more_is_asked() -> None:
    follows = ValidateChecklistForm().follows
    assert follows(known(occasion="first", asked=2)) == {"checklist_service": "unknown"}
    filled = follows(known(occasion="first", household="alone", work="none", asked=3))
    assert filled == {"checklist_service": "unknown", "checklist_housing": "unknown"}


def test_for_an_appointment_only_its_concern_is_asked_and_a_first_application_is_one() -> None:
    follows = ValidateChecklistForm().follows
    filled = follows(known(occasion="appointment", asked=1))
    assert filled == {"checklist_household": "unknown", "checklist_work": "unknown", "checklist_housing": "unknown"}
    assert follows(known(occasion="appointment", service="erstantrag", asked=1)) == {"checklist_occasion": "first"}


def example(**answers: Any) -> dict[str, Any]:
    names = ("living", "children", "rent", "gross", "net", "partner_gross", "partner_net", "other")
    return {f"example_{name}": answers.get(name) for name in names}


def test_without_wage_no_net_is_asked_and_without_partner_nothing_about_one() -> None:
    follows = ValidateExampleForm().follows
    assert follows(example(living="single", gross="0")) == {
        "example_partner_gross": "0", "example_partner_net": "0", "example_net": "0",
    }  # fmt: skip
    assert follows(example(living="couple", gross="900", partner_gross="0.00")) == {"example_partner_net": "0"}
    assert follows(example(partner_gross="900")) == {"example_living": "couple"}
    assert follows(example(gross="unknown")) == {}


def test_the_hub_gets_the_figures_and_what_is_not_known_as_such() -> None:
    assert figures_of(
        example(living="couple", children=[3, 8], rent="unknown", gross="1500", net="unknown", partner_gross="0",
                partner_net="0", other="unknown")
    ) == {
        "adults": [{"gross": "1500", "net": None}, {"gross": "0", "net": "0"}],
        "children": [{"age": 3}, {"age": 8}],
        "single_parent": False,
        "rent": None,
        "other_income": "0",
    }  # fmt: skip
    alone = figures_of(example(living="single_parent", children="unknown", rent="650", gross="unknown", net="unknown"))
    assert alone["adults"] == [{"gross": None, "net": None}]
    assert alone["children"] == [] and alone["single_parent"] is True


def test_at_most_three_things_and_forty_words_are_read_at_once() -> None:
    lines = [f"Ding Nummer {number}." for number in range(8)]
    parts = portions(lines)
    assert [len(part.split(". ")) for part in parts] == [3, 3, 2]
    long = " ".join(["Wort"] * 20) + "."
    assert all(len(part.split()) <= LONGEST_PORTION for part in portions([long] * 4))
    assert portions([]) == []


def test_the_list_is_shown_in_groups_with_forms_and_a_page_to_print() -> None:
    form = {"id": "f", "title": "Hauptantrag", "url": "https://x.example/f.pdf", "online": None}
    item = {"id": "a", "text": "Ausweis", "when": [], "form": None}
    rent = {"id": "b", "text": "Mietvertrag", "when": ["falls Sie zur Miete wohnen"], "form": form}
    said = checklist_message(
        {"groups": [{"id": "g", "title": "Wohnen", "items": [item, rent]}], "more": 3,
         "page_url": "https://x.example/checkliste", "text_url": "https://x.example/checkliste.txt"}
    )  # fmt: skip
    assert "**Wohnen**\n- Ausweis\n- Mietvertrag (falls Sie zur Miete wohnen) – [Hauptantrag](" in said["text"]
    assert "noch 3 weitere" in said["text"] and "(https://x.example/checkliste)" in said["text"]
    assert [link["kind"] for link in said["data"]["links"]] == ["page", "text", "form"]
    assert said["kind"] == "text" and len(said["spoken"].split()) <= 40


def result(total: str) -> dict[str, Any]:
    citation = {"label": "§ 20 SGB II", "title": "Regelbedarf", "url": "https://x.example", "as_of": "2026-08-19"}
    step = {"id": "need_single", "section": "need", "label": "Regelbedarf", "amount": "563.00", "written": "563 Euro",
            "is_sum": False, "citation": citation}  # fmt: skip
    return {
        "total": total, "written": f"{total} Euro", "steps": [step, step | {"section": "result", "is_sum": True}],
        "notes": [{"id": "costs_nothing", "text": "Ein Antrag kostet nichts.", "citation": None}], "next_steps": [],
    }  # fmt: skip


def test_every_example_says_that_it_is_no_decision_and_gives_its_sources() -> None:
    said = example_message(result("563"))
    assert said["text"].startswith("**Beispielrechnung, keine Entscheidung.**")
    assert "- Regelbedarf: 563 Euro" in said["text"]
    assert [citation["label"] for citation in said["citations"]] == ["§ 20 SGB II"]
    assert said["data"]["decision"] is False


def test_nothing_left_is_never_a_reason_not_to_apply() -> None:
    said = example_message(result("0"))
    assert "trotzdem einen Antrag" in said["text"] and "kostet nichts" in said["text"]
    assert "keine Ablehnung" in said["spoken"]
