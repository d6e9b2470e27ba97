"""The knowledge of every tenant: loaded at start, replaced as a whole when the day or a publication changes it.

Every process follows the database by itself: it compares one number four times a second, and at once where the event
bus tells of a publication. First the changed texts are put over the present search, within a tenth of a second: a
wrong answer is gone. Then the new library is built beside the old one and takes its place: a new one is found. A
search never waits for either. A library that cannot be built leaves the old one serving; `/readyz` says so.
"""

import asyncio
import contextlib
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

import structlog

from api import clock
from api.database import Database
from api.knowledge.published import CHANNEL, changes, published
from knowledge.articles import BASE, ArticleRevision, Content, load_content
from knowledge.library import Library
from knowledge.tenants import Tenant

log = structlog.get_logger()

POLL_SECONDS = 0.25  # with a rebuild of about a second this keeps two seconds from publication to answer
SWITCH_SECONDS = 0.0005  # a search hands the interpreter over many times; at the usual 5 ms each it took 70 ms, not 15
RETRY_SECONDS = 30.0  # a build that failed fails again until somebody repairs the cause


class Libraries:
    """One `Library` a tenant; readers always see a complete one, and never wait for a new one."""

    def __init__(self, root: Path, encoder: str, tenants: dict[str, Tenant]) -> None:
        self.root = root
        self._encoder = encoder
        self._tenants = tenants
        self._libraries: dict[str, Library] = {}
        self._built_of: dict[str, tuple[date, tuple[ArticleRevision, ...]]] = {}
        self._revisions: tuple[ArticleRevision, ...] = ()
        self._seen: tuple[int, Database] | None = None
        self._retry_at = 0.0
        self._building = threading.Lock()
        self.failures: dict[str, str] = {}
        self._build()
        if self.failures:  # at the start there is no old library to go on with
            raise RuntimeError("; ".join(self.failures.values()))

    @property
    def tenants(self) -> dict[str, Tenant]:
        """All tenants by id."""
        return self._tenants

    def get(self, tenant: str) -> Library:
        """The knowledge of a tenant as it holds today."""
        return self._libraries[tenant]

    def reload_when_day_changed(self) -> None:
        """Rules hold from a day on: what was right yesterday may be wrong today."""
        with self._building:
            self._build()

    def follow_once(self, database: Database) -> None:
        """Take over what was published since the last look. Raises where the database does not answer."""
        with self._building:
            with database.read() as session:
                seen = (changes(session), database)
                if seen == self._seen and not (self.failures and time.monotonic() >= self._retry_at):
                    return
                self._revisions = published(session)
            self._build()
            self._seen = seen

    async def follow(self, database: Database) -> None:
        """Follow the database until cancelled; on a thread of its own, so that busy requests cannot hold it up."""
        wake = asyncio.Event()
        listener = asyncio.create_task(_listen(database, wake))
        reachable = True
        try:
            while True:
                wake.clear()
                try:
                    await asyncio.to_thread(self.follow_once, database)
                    reachable = True
                except Exception as error:  # said once, not every second
                    if reachable:
                        log.error("knowledge_not_followed", error=str(error))
                    reachable = False
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(wake.wait(), POLL_SECONDS)
        finally:
            listener.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await listener

    def content(self, tenant: str, tried: ArticleRevision | None = None) -> Content:
        """A tenant's content, without the search: as it is, or as it would be with `tried` published."""
        revisions = _with(self._revisions, tried) if tried else self._revisions
        return load_content(self.root, tenant=tenant, today=clock.today(), revisions=revisions)

    def trial(self, tenant: str, revision: ArticleRevision) -> Library:
        """A tenant's library as it would be with this revision published; serves nobody."""
        return self._load(tenant, clock.today(), _with(self._revisions, revision))

    def _build(self) -> None:
        """Build what differs from what is served, and put it in place."""
        today = clock.today()
        wanted = {
            tenant: (today, tuple(one for one in self._revisions if one.layer in {BASE, tenant}))
            for tenant in self._tenants
        }
        changed = [tenant for tenant in self._tenants if self._built_of.get(tenant) != wanted[tenant]]
        failures: dict[str, str] = {}
        with _others_first():
            for change in (self._replace_texts, self._replace):
                for tenant in changed:
                    try:
                        change(tenant, *wanted[tenant])
                    except Exception as error:  # whatever it is, answering from yesterday's beats not answering
                        log.error("knowledge_not_replaced", tenant=tenant, exc_info=error)
                        failures[tenant] = f"{tenant}: {error}"
        self.failures = failures
        self._retry_at = time.monotonic() + RETRY_SECONDS

    def _replace_texts(self, tenant: str, today: date, revisions: tuple[ArticleRevision, ...]) -> None:
        present = self._libraries.get(tenant)
        if present is not None:
            content = load_content(self.root, tenant=tenant, today=today, revisions=revisions)
            self._libraries = {**self._libraries, tenant: present.with_content(content)}

    def _replace(self, tenant: str, today: date, revisions: tuple[ArticleRevision, ...]) -> None:
        started = time.perf_counter()
        library = self._load(tenant, today, revisions)
        self._libraries = {**self._libraries, tenant: library}
        self._built_of[tenant] = (today, revisions)
        log.info("knowledge_replaced", tenant=tenant, revisions=len(revisions),
                 seconds=round(time.perf_counter() - started, 3))
        for article, reason in library.withheld.items():
            log.warning("article_withheld", tenant=tenant, article=article, reason=reason)

    def _load(self, tenant: str, today: date, revisions: Sequence[ArticleRevision]) -> Library:
        return Library.load(self.root, tenant=tenant, today=today, encoder=self._encoder, revisions=revisions)


@contextlib.contextmanager
def _others_first() -> Iterator[None]:
    """Let threads that answer requests have the interpreter more often while a long computation runs beside them."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_SECONDS)
    try:
        yield
    finally:
        sys.setswitchinterval(usual)


def _with(revisions: Sequence[ArticleRevision], tried: ArticleRevision) -> tuple[ArticleRevision, ...]:
    others = (one for one in revisions if (one.layer, one.id) != (tried.layer, tried.id))
    return (*others, tried)


async def _listen(database: Database, wake: asyncio.Event) -> None:
    """Set `wake` at each publication that the event bus tells of; without a bus the regular look is enough."""
    while True:
        try:
            async with database.events.subscribe(CHANNEL) as events:
                async for _event in events:
                    wake.set()
        except Exception as error:
            log.warning("knowledge_events_away", error=type(error).__name__)
        await asyncio.sleep(RETRY_SECONDS)
