"""The knowledge of every tenant, loaded once and replaced as a whole when the day changes."""

from pathlib import Path

import structlog

from api import clock
from knowledge.library import Library
from knowledge.tenants import Tenant

log = structlog.get_logger()


class Libraries:
    """One `Library` a tenant; readers always see a complete one."""

    def __init__(self, root: Path, encoder: str, tenants: dict[str, Tenant]) -> None:
        self._root = root
        self._encoder = encoder
        self._tenants = tenants
        self._libraries: dict[str, Library] = {}
        self._day = clock.today()
        self.reload()

    def get(self, tenant: str) -> Library:
        """The knowledge of a tenant as it holds today."""
        return self._libraries[tenant]

    def reload(self) -> None:
        """Load everything anew, for today."""
        self._day = clock.today()
        self._libraries = {
            tenant: Library.load(self._root, tenant=tenant, today=self._day, encoder=self._encoder)
            for tenant in self._tenants
        }
        for tenant, library in self._libraries.items():
            for article, reason in library.withheld.items():
                log.warning("article_withheld", tenant=tenant, article=article, reason=reason)

    def reload_when_day_changed(self) -> None:
        """Rules hold from a day on: what was right yesterday may be wrong today."""
        if clock.today() != self._day:
            self.reload()
