"""Alembic's environment: the tables of all rooms, on the database that the settings name."""

from typing import Any, Literal

from alembic import context

from api.database import Base, UtcDateTime, make_engine
from api.settings import get_settings
from api.tables import TABLES  # noqa: F401  (imports every room's models)


def run() -> None:
    """Run the migrations on a connection handed in by the caller, or on the configured database."""
    connection = context.config.attributes.get("connection")
    if connection is not None:
        migrate(connection)
        return
    with make_engine(get_settings().database_url).connect() as own:
        migrate(own)


def render_item(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Write our column type as what the database sees, so that migrations do not depend on our code."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UtcDateTime) else False


def migrate(connection) -> None:  # type: ignore[no-untyped-def]
    """Apply the migrations; tables that Rasa keeps in the same database are not ours."""
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        include_name=lambda name, kind, _parents: kind != "table" or name in TABLES,
        render_as_batch=True,
        compare_type=True,
        render_item=render_item,
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()


run()
