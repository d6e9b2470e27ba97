"""`make bench`: the whole line under load, against Rasa alone, on a system of its own. Prints a table.

The baseline is the same text sent straight to Rasa's REST channel, in turn with the api's, so that both meet the same
noise of the machine. Every client talks in a conversation of its own.
"""

import asyncio
import itertools
import statistics
import subprocess
import tempfile
import time
import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx

from operation.bootstrap import APP, RASA, ROOT
from operation.instance import Instance, running_instance
from operation.train import ensure_model

QUESTIONS = (
    "Wie hoch ist der Regelbedarf für Alleinstehende?",
    "Ich habe einen Termin verpasst, was passiert jetzt?",
    "Zahlt das Amt meine Miete?",
    "Wie viel Vermögen darf ich haben?",
    "Wann muss ich den Weiterbewilligungsantrag stellen?",
)
PAIRS = 150
CLIENTS = (1, 10, 40)
TURNS_PER_CLIENT = {1: 100, 10: 30, 40: 12}

# Whether the dialogue answered: beyond its time limit the hub answers by itself.
Send = Callable[[int, str], Awaitable[bool]]


async def measure(instance: Instance) -> None:
    """All figures that need the running system."""
    async with httpx.AsyncClient(timeout=60, trust_env=False, limits=httpx.Limits(max_connections=100)) as client:
        api, rasa = await through_api(instance, client), straight_to_rasa(instance, client)
        await paired(api, rasa)
        print(f"\n{'clients':>8} {'way':>6} {'turns/s':>9} {'p50 ms':>8} {'p95 ms':>8} {'by the dialogue':>16}")
        for clients, (way, send) in itertools.product(CLIENTS, (("api", api), ("rasa", rasa))):
            seconds, times, by_dialogue = await load(send, clients)
            rate = len(times) / seconds
            print(f"{clients:>8} {way:>6} {rate:>9.1f} {statistics.median(times):>8.0f} {percentile(times, 95):>8.0f} "
                  f"{by_dialogue:>16.0%}")


async def through_api(instance: Instance, client: httpx.AsyncClient) -> Send:
    """Sends a turn as a citizen's browser does; one conversation a client number."""
    conversations: dict[int, tuple[str, dict[str, str]]] = {}

    async def send(number: int, text: str) -> bool:
        if number not in conversations:
            started = (await client.post(f"{instance.api}/conversations", json={})).json()
            conversations[number] = (started["id"], {"Authorization": f"Bearer {started['token']}"})
        conversation, headers = conversations[number]
        answer = await client.post(
            f"{instance.api}/conversations/{conversation}/messages", json={"text": text}, headers=headers
        )
        answer.raise_for_status()
        return not (answer.json()["messages"][0].get("data") or {}).get("degraded")

    return send


def straight_to_rasa(instance: Instance, client: httpx.AsyncClient) -> Send:
    """Sends the same text to Rasa's REST channel."""
    senders: dict[int, str] = {}

    async def send(number: int, text: str) -> bool:
        sender = senders.setdefault(number, str(uuid.uuid4()))
        metadata = {"tenant": "musterkreis", "channel": "web", "language": "de"}
        answer = await client.post(
            f"{instance.rasa_url}/webhooks/hub/webhook",
            json={"sender": sender, "message": text, "metadata": metadata},
            headers={"Authorization": f"Bearer {instance.secret('LOTSE_RASA_TOKEN')}"},
        )
        answer.raise_for_status()
        return True

    return send


async def paired(api: Send, rasa: Send) -> None:
    """The same question on both ways in turn; new conversations every ten turns, since trackers grow."""
    times: dict[str, list[float]] = {"api": [], "rasa": []}
    for warm_up in range(5):
        await api(-1, QUESTIONS[warm_up])
        await rasa(-1, QUESTIONS[warm_up])
    for turn in range(PAIRS):
        for way, send in (("api", api), ("rasa", rasa)):
            started = time.perf_counter()
            if not await send(1000 + turn // 10, QUESTIONS[turn % len(QUESTIONS)]):
                raise RuntimeError("the dialogue did not answer: this would measure something else")
            if turn % 10:  # the first turn also starts the conversation
                times[way].append((time.perf_counter() - started) * 1000)
    ratios = [a / b for a, b in zip(times["api"], times["rasa"], strict=True)]
    print(f"one knowledge turn: api {statistics.median(times['api']):.0f} ms, "
          f"Rasa alone {statistics.median(times['rasa']):.0f} ms; ratio of the medians "
          f"{statistics.median(times['api']) / statistics.median(times['rasa']):.2f}, median of the paired ratios "
          f"{statistics.median(ratios):.2f} ({len(ratios)} pairs)")


async def load(send: Send, clients: int) -> tuple[float, list[float], float]:
    """So many clients at once: seconds in all, milliseconds of each turn, share that the dialogue answered."""
    times: list[float] = []
    by_dialogue: list[bool] = []

    async def talk(number: int) -> None:
        for turn in range(TURNS_PER_CLIENT[clients]):
            started = time.perf_counter()
            by_dialogue.append(await send(number, QUESTIONS[turn % len(QUESTIONS)]))
            times.append((time.perf_counter() - started) * 1000)

    started = time.perf_counter()
    await asyncio.gather(*(talk(clients * 10_000 + number) for number in range(clients)))
    return time.perf_counter() - started, times, statistics.mean(by_dialogue)


def percentile(values: list[float], percent: int) -> float:
    """The value below which so many percent lie."""
    return statistics.quantiles(values, n=100)[percent - 1]


def resident_megabytes(pid: int) -> float:
    """Resident memory of a process."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096 / 1e6


def folder_megabytes(folder: Path) -> float:
    """Size on disk."""
    listing = subprocess.run(["du", "-sm", str(folder)], capture_output=True, text=True, check=True).stdout
    return float(listing.split()[0])


def main() -> None:
    """Start a system, measure, print."""
    with tempfile.TemporaryDirectory(prefix="lotse-bench-") as name:
        folder = Path(name)
        ensure_model()
        started = time.perf_counter()
        with running_instance(folder) as instance:
            print(f"ready after {time.perf_counter() - started:.0f} s (everything installed and trained)")
            asyncio.run(measure(instance))
            print("\nresident memory after the load, MB:")
            for process, pid in instance.processes().items():
                print(f"  {process:<12} {resident_megabytes(pid):>7.0f}")
    print("\ninstallation, MB:")
    for title, path in (("application environment", APP), ("Rasa environment", RASA),
                        ("encoder", ROOT / "knowledge" / "encoder"), ("dialogue models", ROOT / "var" / "models")):
        if path.exists():
            print(f"  {title:<24} {folder_megabytes(path):>6.0f}")


if __name__ == "__main__":
    main()
