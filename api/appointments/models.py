"""Tables of appointments. The cells carry the promise that nobody is booked onto an occupied counter."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from api.database import Base, personal


class Appointment(Base):
    """One booking at one counter of a site. `status`: booked, cancelled.

    A cancelled or past appointment keeps its row for the figures; its personal columns are emptied after the
    retention period.
    """

    __tablename__ = "appointment"
    __table_args__ = (
        UniqueConstraint("tenant", "code"),
        UniqueConstraint("tenant", "idempotency_hash"),
        # The tally against hoarding: open bookings of one contact hold the numbers 1 … limit, each at most once.
        UniqueConstraint("tenant", "contact_key", "tally"),
        Index("ix_appointment_tenant_starts_at", "tenant", "starts_at"),
        Index("ix_appointment_tenant_spoken_code", "tenant", "spoken_code_hash"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    tenant: Mapped[str] = mapped_column(String(60))
    service: Mapped[str] = mapped_column(String(60))
    site: Mapped[str] = mapped_column(String(60))
    counter: Mapped[int | None]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime] = mapped_column(index=True)
    status: Mapped[str] = mapped_column(String(10), default="booked")
    # Grows with every change that a calendar must take over (SEQUENCE of RFC 5545).
    sequence: Mapped[int] = mapped_column(default=0)
    token_hash: Mapped[str] = mapped_column(String(64))
    # Read aloud instead of a link; names the appointment, opens nothing.
    code: Mapped[str] = mapped_column(String(8))
    # Four digits that open the appointment on the telephone, together with the surname; keyed, for four digits are few.
    spoken_code_hash: Mapped[str | None] = mapped_column(String(64))
    language: Mapped[str] = mapped_column(String(10), default="de")
    conversation_id: Mapped[str | None] = mapped_column(ForeignKey("conversation.id", ondelete="SET NULL"), index=True)

    name: Mapped[str | None] = personal(String(200))
    contact: Mapped[str | None] = personal(String(254))
    # The same contact in the one form by which open bookings are counted.
    contact_key: Mapped[str | None] = personal(String(254))
    concern: Mapped[str | None] = personal(Text)

    # None once the booking is no longer open.
    tally: Mapped[int | None]
    idempotency_hash: Mapped[str | None] = mapped_column(String(64))
    # What was asked for under the idempotency key, so that another request cannot pass for the same.
    request_hash: Mapped[str | None] = mapped_column(String(64))

    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    cancelled_at: Mapped[datetime | None]


class AppointmentCell(Base):
    """Five minutes of one counter, taken by one appointment. Its primary key is what makes double booking impossible.

    The length of a cell does not follow the tenant's grid: otherwise a changed grid would let new appointments slip
    between the cells of old ones.
    """

    __tablename__ = "appointment_cell"

    tenant: Mapped[str] = mapped_column(String(60), primary_key=True)
    site: Mapped[str] = mapped_column(String(60), primary_key=True)
    counter: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    starts_at: Mapped[datetime] = mapped_column(primary_key=True)
    appointment_id: Mapped[str] = mapped_column(ForeignKey("appointment.id", ondelete="CASCADE"), index=True)
