"""Rehearse calls against an installation: `python -m voice.rehearsal scripts.yml [--url ws://…] [--at-once 4]`.

Prints which callers reached their goal and what was said; the exit status is 0 when all did. With `--keep FOLDER` each
call's sound lies there afterwards, for the ear and for `python -m voice.rehearsal.listen FOLDER`.
"""

import argparse
import asyncio
import sys
from collections.abc import Callable
from pathlib import Path

import yaml

from voice.rehearsal.caller import Caller, Outcome, Script
from voice.rehearsal.stream import Stream
from voice.rehearsal.tape import Tape
from voice.rehearsal.taped import Taped
from voice.rehearsal.voices import say
from voice.settings import get_settings


def read_scripts(path: Path) -> list[Script]:
    """The scripts of a YAML file."""
    return [Script.of(entry) for entry in yaml.safe_load(path.read_text(encoding="utf-8"))]


async def rehearse(
    scripts: list[Script],
    url: str,
    *,
    at_once: int,
    told: Callable[[Script, Outcome], None] = lambda _s, _o: None,
    keep: Path | None = None,
) -> list[Outcome]:
    """The outcomes, in the order of the scripts; each is told as soon as its call is over.

    keep: a folder for the sound of each call.
    """
    seats = asyncio.Semaphore(at_once)

    async def one(script: Script) -> Outcome:
        async with seats:
            if keep is None:
                outcome = await Caller(script, Stream(url), say=say).call()
            else:
                tape = Tape()
                outcome = await Caller(script, Taped(Stream(url), tape), say=say).call()
                tape.keep(keep, script.id)
        told(script, outcome)
        return outcome

    return await asyncio.gather(*(one(script) for script in scripts))


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scripts", type=Path)
    parser.add_argument("--url", default=f"ws://127.0.0.1:{get_settings().voice_port}/voice/stream?dialect=browser")
    parser.add_argument("--at-once", type=int, default=4)
    parser.add_argument("--only", help="part of a script's id")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep each call's sound: left caller, right Lotse")
    parser.add_argument("--quiet", action="store_true", help="no transcripts of calls that went well")
    arguments = parser.parse_args()
    scripts = [s for s in read_scripts(arguments.scripts) if not arguments.only or arguments.only in s.id]

    def tell(script: Script, outcome: Outcome) -> None:
        good = outcome.reached(script.goal)
        print(f"{'reached' if good else 'MISSED '} {script.id} ({script.goal}, {outcome.seconds:.0f} s)", flush=True)
        if not (good and arguments.quiet):
            for role, text in outcome.transcript:
                print(f"    {role:>6}: {text}", flush=True)

    outcomes = asyncio.run(rehearse(scripts, arguments.url, at_once=arguments.at_once, told=tell, keep=arguments.keep))
    reached = sum(outcome.reached(script.goal) for script, outcome in zip(scripts, outcomes, strict=True))
    print(f"{reached} of {len(scripts)} callers reached their goal")
    return 0 if reached == len(scripts) else 1


if __name__ == "__main__":
    sys.exit(main())
