"""How an edition becomes good: what it changes, its faults and who accepted them, its approvals."""

from __future__ import annotations

from sqlalchemy import (
    ARRAY,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Double,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
)

from gis.store.tables.base import C, at, id_column, metadata, to

approval_step = Table(
    "approval_step",
    metadata,
    Column("position", SmallInteger, primary_key=True),
    Column("code", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("level_id", ForeignKey("level.id"), nullable=True),
    comment="审批步骤: what approvals an edition needs, in order; none by default",
)

edition_approval = Table(
    "edition_approval",
    metadata,
    to("edition", "edition_id", primary_key=True),
    Column("step", Text, primary_key=True),
    Column("step_name", Text, nullable=False),
    to("account", "account_id"),
    Column("document_no", Text, nullable=False),
    Column("decided_on", Date, nullable=False),
    at("recorded_at"),
    Column("by_command", Boolean, nullable=False),
    UniqueConstraint("edition_id", "account_id", name="edition_approval_one_each_uq"),
    comment="审批: one account, one step; 文号 and date; written once",
)

edition_fault = Table(
    "edition_fault",
    metadata,
    id_column(),
    to("edition", "edition_id"),
    Column("key", Text(collation=C), nullable=False),
    Column("kind", Text, nullable=False),
    Column("codes", ARRAY(Text), nullable=False),
    Column("rows", ARRAY(Integer), nullable=False),
    Column("lon", Double, nullable=True),
    Column("lat", Double, nullable=True),
    Column("m2", Double, nullable=True),
    Column("detail", Text, nullable=False),
    to("account", "accepted_by", null=True),
    Column("why", Text, nullable=True),
    at("accepted_at", null=True),
    UniqueConstraint("edition_id", "key", name="edition_fault_once_uq"),
    CheckConstraint("num_nulls(accepted_by, why, accepted_at) IN (0, 3)", name="accepted"),
    comment="版本问题: what would stop an edition, and who accepted it and why",
)

edition_change = Table(
    "edition_change",
    metadata,
    id_column(),
    to("edition", "edition_id"),
    Column("code", Text(collation=C), nullable=False),
    Column("changes", ARRAY(Text), nullable=False),
    Column("code_before", Text, nullable=True),
    Column("name_before", Text, nullable=True),
    Column("name_after", Text, nullable=True),
    Column("parent_before", Text, nullable=True),
    Column("parent_after", Text, nullable=True),
    Column("m2_before", Double, nullable=True),
    Column("m2_after", Double, nullable=True),
    Column("m2_gained", Double, nullable=True),
    Column("m2_lost", Double, nullable=True),
    comment="版本变更: what an edition changes against what was in force when it was judged",
)
Index("edition_change_code_ix", edition_change.c.edition_id, edition_change.c.code)
