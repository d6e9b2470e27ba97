"""`python -m benchmarks.conversations`: how many messages a citizen needs until they are served, by concern.

Plays the stories of tests/stories on a system of its own and writes benchmarks/conversations.md. A story counts as
completed where every reply and everything stored afterwards is as the story says.
"""

import statistics
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from operation.instance import running_instance
from tests.end_to_end import stories
from tests.end_to_end.stories import Result

REPORT = Path(__file__).with_suffix(".md")
INTRODUCTION = """\
Written by `python -m benchmarks.conversations`. Turns are a citizen's messages and pressed buttons from the first wish
to the reply that serves them: the booking, the receipt, the answer, the person; the end of the story where there is no
such reply. Only completed stories count. The stories stand in [tests/stories](../tests/stories); the test demands 97 %
of them and every emergency."""
PACES = {"all_at_once": "everything in the first message", "one_at_a_time": "one detail at a time"}


def main() -> None:
    """Play, write, print."""
    with (
        tempfile.TemporaryDirectory(prefix="lotse-stories-") as folder,
        running_instance(Path(folder), **stories.SETTINGS) as instance,
    ):
        started = time.perf_counter()
        results = stories.play_all(instance, stories.load())
        seconds = time.perf_counter() - started
    text = report(results, seconds)
    REPORT.write_text(text, encoding="utf-8")
    print(text)


def report(results: Sequence[Result], seconds: float) -> str:
    """The page."""
    completed = sum(result.completed for result in results)
    messages = sum(_messages(result) for result in results)
    failed = [f"- {result.story.concern}: {result.story.id}" for result in results if not result.completed]
    return "\n".join(
        [
            "# Conversations",
            "",
            INTRODUCTION,
            "",
            f"{completed} of {len(results)} stories completed ({completed / len(results):.1%}); "
            f"{messages} messages in {seconds:.0f} s, {stories.AT_ONCE} conversations at a time.",
            "",
            *_table("concern", _grouped((result.story.concern, result) for result in results)),
            "",
            *_table("kind", _grouped((result.story.kind, result) for result in results)),
            "",
            *_table("booking", _grouped((PACES[result.story.pace], result) for result in results if result.story.pace)),
            *(["", "Not completed:", "", *failed] if failed else []),
            "",
        ]
    )


def _grouped(pairs: Iterable[tuple[str, Result]]) -> dict[str, list[Result]]:
    groups: dict[str, list[Result]] = {}
    for name, result in pairs:
        groups.setdefault(name, []).append(result)
    return dict(sorted(groups.items()))


def _table(title: str, groups: dict[str, list[Result]]) -> list[str]:
    rows = [f"| {title} | stories | completed | turns: median | most |", "|---|---|---|---|---|"]
    for name, results in groups.items():
        done = [result.turns_to_done or 0 for result in results if result.completed]
        turns = f"{statistics.median(done):g} | {max(done)}" if done else "– | –"
        rows.append(f"| {name} | {len(results)} | {len(done)} | {turns} |")
    return rows


def _messages(result: Result) -> int:
    return sum(line.startswith("  > ") for line in result.lines)


if __name__ == "__main__":
    main()
