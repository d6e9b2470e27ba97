"""What tests that ring the telephone share."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from operation.instance import Instance

Result = TypeVar("Result")


def in_own_loop(work: Coroutine[Any, Any, Result]) -> Result:
    """Run it in a thread of its own: the browser's fixture keeps a loop running in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


def stream_url(system: Instance) -> str:
    """The door for browsers, on the telephone's own port."""
    return f"{system.telephone_url.replace('http', 'ws')}/voice/stream?dialect=browser"
