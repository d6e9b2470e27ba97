"""Engine, sessions and column types shared by all rooms of the api.

Writes on SQLite begin with `BEGIN IMMEDIATE`: a deferred transaction that upgrades to a write fails at once with
"database is locked" instead of waiting its turn.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, Connection, DateTime, Dialect, Engine, MetaData, create_engine, event, text
from sqlalchemy.orm import DeclarativeBase, Session, mapped_column
from sqlalchemy.types import TypeDecorator

from api.events import Event, EventBus

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

BUSY_TIMEOUT_SECONDS = 15


class UtcDateTime(TypeDecorator[datetime]):
    """Stores moments in UTC and gives them back with their zone (SQLite keeps none)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To UTC; a moment without a zone is a programming error."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("moments need a time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """With the zone UTC."""
        if value is None or value.tzinfo is not None:
            return value
        return value.replace(tzinfo=UTC)


class Base(DeclarativeBase):
    """Parent of all tables. Columns with personal data carry `info=PERSONAL`: erasure and export work from that."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {datetime: UtcDateTime, dict[str, Any]: JSON, list[Any]: JSON}


PERSONAL = {"personal": True}


def personal(*args: Any, **kwargs: Any) -> Any:
    """A column that holds personal data."""
    return mapped_column(*args, info=PERSONAL, **kwargs)


class Database:
    """One database; hands out read sessions and write transactions, and publishes events after the commit."""

    def __init__(self, url: str, events: EventBus) -> None:
        self.events = events
        self.engine = make_engine(url)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session for reading."""
        with Session(self.engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A transaction: commits at the end, rolls back on an error; then its events go out."""
        with Session(self.engine.execution_options(lotse_write=True), expire_on_commit=False) as session:
            with session.begin():
                yield session
            for channel, emitted in session.info.pop("events", []):
                self.events.publish(channel, emitted)

    def ping(self) -> None:
        """Raises when the database does not answer."""
        with self.engine.connect() as connection:
            connection.execute(text("SELECT 1"))


def emit(session: Session, channel: str, event_: Event) -> None:
    """Queue an event for the moment after this transaction's commit."""
    session.info.setdefault("events", []).append((channel, event_))


def make_engine(url: str) -> Engine:
    """An engine for SQLite (write-ahead log) or PostgreSQL."""
    if url.startswith("postgresql://"):
        url = url.replace("postgresql://", "postgresql+psycopg://", 1)
    if not url.startswith("sqlite"):
        return create_engine(url, pool_size=20, max_overflow=20, pool_pre_ping=True)
    engine = create_engine(
        url,
        connect_args={"timeout": BUSY_TIMEOUT_SECONDS, "check_same_thread": False},
        pool_size=20,
        max_overflow=40,
    )

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the begin hook below says how a transaction starts
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        write = connection.get_execution_options().get("lotse_write")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine
