"""Every room's tables, imported in one place so that migrations and erasure see them all."""

import api.accounts.models
import api.appointments.models
import api.conversations.models
import api.handoff.models
import api.inbox.models
import api.knowledge.models  # noqa: F401
from api.database import Base

TABLES = frozenset(Base.metadata.tables) | {"alembic_version"}
