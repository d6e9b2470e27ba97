"""What happens when parts of the running system die; each test waits until it is whole again."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from citizen import Citizen

from operation.bootstrap import ROOT
from operation.instance import Instance


def test_without_the_dialogue_citizens_are_served_and_when_it_is_back_nobody_notices(system: Instance):
    citizen = Citizen(system.api)
    os.kill(system.processes()["rasa"], signal.SIGKILL)
    system.wait_until(dialogue="down")
    citizen.says("Wie hoch ist der Regelbedarf für Alleinstehende?")
    assert citizen.reply("answer")["citations"]
    citizen.presses("/leave_message")
    citizen.says("Ich ziehe um.")
    assert citizen.reply("message_receipt")["data"]["receipt"]
    system.wait_until(dialogue="ok")  # the process manager started it again
    citizen.says("Ich brauche einen Termin in Musterstadt")
    assert "form" in citizen.kinds


def test_a_dialogue_that_hangs_is_not_waited_for(system: Instance):
    citizen = Citizen(system.api)
    rasa = system.processes()["rasa"]
    os.kill(rasa, signal.SIGSTOP)
    try:
        citizen.says("Wie hoch ist der Regelbedarf für Alleinstehende?")
        assert citizen.reply("answer")["citations"]
    finally:
        os.kill(rasa, signal.SIGCONT)
    system.wait_until(dialogue="ok")


@pytest.mark.parametrize("name", ["actions", "api"])
def test_a_killed_process_comes_back(system: Instance, name: str):
    before = system.processes()[name]
    os.kill(before, signal.SIGKILL)
    citizen_can_talk(system)
    assert system.processes()[name] != before


def citizen_can_talk(system: Instance) -> None:
    system.wait_until(dialogue="ok", database="ok")
    for _ in range(50):
        try:
            if "answer" in Citizen(system.api).says("Wie hoch ist der Regelbedarf für Alleinstehende?").kinds:
                return
        except httpx.HTTPError:
            continue
    pytest.fail("the system did not come back")


def test_a_taken_port_gets_one_clear_sentence(system: Instance, tmp_path: Path):
    port = system.base_url.rsplit(":", 1)[1]
    second = subprocess.run(
        [sys.executable, "-m", "operation.run"],
        cwd=ROOT,
        env={**os.environ, "LOTSE_PORT": port, "LOTSE_VAR": str(tmp_path),
             "LOTSE_DATABASE_URL": f"sqlite:///{tmp_path / 'lotse.db'}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert second.returncode == 1
    assert f"port {port}" in second.stderr
    assert "LOTSE_PORT" in second.stderr
    assert "Traceback" not in second.stderr
