"""Matters: what was reported, where it lies, who has it, by when, and everything that happened."""

from __future__ import annotations

from geoalchemy2 import Geometry
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Float,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from gis.store.tables.base import C, at, id_column, metadata, to

FALSE = text("false")
EMPTY = text("''")
OPEN = text("closed_at IS NULL")  # a matter nobody waits for any more has the instant it ended

matter = Table(
    "matter",
    metadata,
    id_column(),
    Column("no", Text(collation=C), nullable=False, unique=True),
    Column("query_code", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("category", Text(collation=C), nullable=True),
    Column("proposal", JSONB, nullable=False),
    Column("item", JSONB, nullable=True),
    Column("proposed_class", Text, nullable=True),
    Column("matter_class", Text, nullable=True),
    Column("urgency", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("queue", Text, nullable=True),
    Column("conduct", Boolean, nullable=False, server_default=FALSE),
    Column("version", Integer, nullable=False, server_default=text("1")),
    to("region", "region_id", null=True),
    to("organisation", "handler_id", null=True),
    to("post", "member_post_id", null=True),
    to("building", "building_id", null=True),
    to("account", "filed_by", null=True),
    Column("geom", Geometry("POINT", 4490, spatial_index=False), nullable=True),
    Column("accuracy_m", Float, nullable=True),
    Column("origin", Text, nullable=False),
    Column("raw_place", JSONB, nullable=False),
    Column("outer_no", Text, nullable=True),
    to("matter", "merged_into", null=True),
    at("observed_at"),
    at("received_at"),
    at("due_at", null=True),
    at("closed_at", null=True),
    CheckConstraint("(state = 'triage') = (queue IS NOT NULL)", name="queue"),
    comment="事项: region = the place that holds it now (grid, or the desk that has to look)",
)
Index("matter_open_ix", matter.c.region_id, matter.c.due_at, postgresql_where=OPEN)
Index("matter_due_ix", matter.c.due_at, matter.c.id)  # the order of lists
Index("matter_open_due_ix", matter.c.due_at, matter.c.id, postgresql_where=OPEN)
Index("matter_merged_ix", matter.c.merged_into, postgresql_where=text("merged_into IS NOT NULL"))
Index("matter_handler_ix", matter.c.handler_id, matter.c.due_at, postgresql_where=OPEN)
Index("matter_member_ix", matter.c.member_post_id, postgresql_where=OPEN)
Index("matter_region_ix", matter.c.region_id, matter.c.received_at)
Index("matter_filed_by_ix", matter.c.filed_by, matter.c.received_at)
Index("matter_geom_gix", matter.c.geom, postgresql_using="gist")

intake_key = Table(
    "intake_key",
    metadata,
    to("account", "account_id", primary_key=True),
    Column("key", Text(collation=C), primary_key=True),
    Column("body_sha256", LargeBinary, nullable=False),
    to("matter", "matter_id", index=True),
    Column("receipt", JSONB, nullable=False),
    comment="幂等键: same key and body, same receipt, for as long as the matter lives",
)

matter_report = Table(
    "matter_report",
    metadata,
    id_column(),
    to("matter", "matter_id", index=True),
    to("account", "account_id", null=True),
    Column("channel", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("outer_no", Text, nullable=True),
    at("observed_at"),
    at("received_at"),
    at("replied_at", null=True),
    Column("reply", Text, nullable=False, server_default=EMPTY),
    comment="反映: one a reporter; merging matters moves none, each is answered by itself",
)

contact = Table(
    "contact",
    metadata,
    to("matter_report", "report_id", primary_key=True),
    Column("key_id", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    at("erase_after"),
    comment="联系方式: encrypted, apart from the matter, erased after its time",
)

matter_place = Table(
    "matter_place",
    metadata,
    id_column(),
    to("matter", "matter_id"),
    Column("number", SmallInteger, nullable=False),
    to("region", "region_id", null=True),
    to("region_version", "version_id", null=True),
    Column("method", Text, nullable=False),
    Column("confident", Boolean, nullable=False),
    Column("edge_m", Float, nullable=True),
    Column("candidates", JSONB, nullable=False),
    at("since"),
    UniqueConstraint("matter_id", "number"),
    comment="归属判定: number 1 = where it was reported, the last one = where it is held",
)

matter_task = Table(
    "matter_task",
    metadata,
    id_column(),
    to("matter", "matter_id", index=True),
    to("organisation", "organisation_id", index=True),
    Column("section", Text, nullable=False, server_default=EMPTY),
    Column("person", Text, nullable=False, server_default=EMPTY),
    Column("hop", SmallInteger, nullable=False),
    at("given_at"),
    at("acknowledged_at", null=True),
    at("ended_at", null=True),
    Column("ended_by", Text, nullable=True),
    UniqueConstraint("matter_id", "hop"),
    comment="任务: one a dispatch; the open one has no end",
)
Index(
    "matter_task_one_open_uq",
    matter_task.c.matter_id,
    unique=True,
    postgresql_where=text("ended_at IS NULL"),
)

clock = Table(
    "clock",
    metadata,
    to("matter", "matter_id", primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("number", SmallInteger, primary_key=True),
    at("started_at"),
    at("due_at"),
    Column("limit_amount", Integer, nullable=True),
    Column("limit_unit", Text, nullable=True),
    at("paused_at", null=True),
    at("stopped_at", null=True),
    Column("provisional", Boolean, nullable=False, server_default=FALSE),
    Column("moved", Boolean, nullable=False, server_default=FALSE),
    CheckConstraint("(limit_amount IS NULL) = (limit_unit IS NULL)", name="limit"),
    comment="时钟: one limit of one matter; without a limit the due time is inherited",
)
Index(
    "clock_running_ix",
    clock.c.due_at,
    postgresql_where=text("stopped_at IS NULL AND paused_at IS NULL"),
)

matter_event = Table(
    "matter_event",
    metadata,
    to("matter", "matter_id", primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("recorded_at", DateTime(timezone=True), primary_key=True),
    at("happened_at"),
    to("account", "actor_id", null=True),
    Column("actor", ARRAY(Text), nullable=False),
    Column("action", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("detail", JSONB, nullable=False, server_default=text("'{}'")),
    postgresql_partition_by="RANGE (recorded_at)",
    comment="事项日志: written once, never changed; by month of the server's time",
)
matter_access = Table(
    "matter_access",
    metadata,
    id_column(),
    to("matter", "matter_id", index=True),
    to("account", "account_id"),
    Column("what", Text, nullable=False),
    at("recorded_at", default=True),
    comment="查阅日志: who opened a contact or a complaint about people; written once",
)

outbox = Table(
    "outbox",
    metadata,
    id_column(),
    Column("topic", Text, nullable=False),
    to("matter", "matter_id", index=True),
    Column("payload", JSONB, nullable=False),
    at("recorded_at"),
    Column("number", BigInteger, nullable=True, unique=True),
    comment="发件箱: what others are to be told; numbered by a relay once committed",
)
