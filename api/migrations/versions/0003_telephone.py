"""telephone"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "inbox_sound",
        sa.Column("item_id", sa.String(length=36), nullable=False),
        sa.Column("wav", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["item_id"], ["inbox_item.id"], name=op.f("fk_inbox_sound_item_id_inbox_item"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("item_id", name=op.f("pk_inbox_sound")),
    )
    # Plain ALTER TABLE: a table made anew under SQLite would take its rows' children along (ON DELETE CASCADE).
    op.add_column("conversation", sa.Column("caller", sa.String(length=20), nullable=True))
    op.add_column("conversation", sa.Column("can_transfer", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("conversation", sa.Column("keep_text", sa.Boolean(), nullable=True))
    op.add_column("conversation", sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("conversation", sa.Column("wiped_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("appointment", sa.Column("spoken_code_hash", sa.String(length=64), nullable=True))
    op.create_index("ix_appointment_tenant_spoken_code", "appointment", ["tenant", "spoken_code_hash"], unique=False)
    op.add_column("handoff", sa.Column("call_state", sa.String(length=10), nullable=True))
    op.add_column("handoff", sa.Column("site", sa.String(length=60), nullable=True))


def downgrade() -> None:
    """Take back."""
    op.drop_column("handoff", "site")
    op.drop_column("handoff", "call_state")
    op.drop_index("ix_appointment_tenant_spoken_code", table_name="appointment")
    op.drop_column("appointment", "spoken_code_hash")
    for name in ("wiped_at", "ended_at", "keep_text", "can_transfer", "caller"):
        op.drop_column("conversation", name)
    op.drop_table("inbox_sound")
