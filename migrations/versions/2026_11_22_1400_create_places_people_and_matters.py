"""create places people and matters"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


# Months are made ahead, since only the owner may add one; what comes after them is kept in OTHER.
FIRST_MONTH = date(2026, 1, 1)
MONTHS = 36
OTHER = "matter_event_other"


def months() -> Iterator[tuple[date, date]]:
    for number in range(MONTHS):
        first = number + FIRST_MONTH.year * 12 + FIRST_MONTH.month - 1
        yield (
            date(first // 12, first % 12 + 1, 1),
            date((first + 1) // 12, (first + 1) % 12 + 1, 1),
        )


def divide_by_month() -> None:
    """Months begin at midnight in China."""
    for since, until in months():
        op.execute(
            f"CREATE TABLE matter_event_{since:%Y_%m} PARTITION OF matter_event"
            f" FOR VALUES FROM ('{since} 00:00+08') TO ('{until} 00:00+08')"
        )
    op.execute(f"CREATE TABLE {OTHER} PARTITION OF matter_event DEFAULT")


def keep_what_is_written() -> None:
    """Events and accesses are written once; the service reaches events through their table only."""
    parts = ", ".join([*(f"matter_event_{since:%Y_%m}" for since, _ in months()), OTHER])
    op.execute(f"REVOKE ALL ON {parts} FROM wangge_app, wangge_worker")
    op.execute(
        "REVOKE UPDATE, DELETE, TRUNCATE ON matter_event, matter_access"
        " FROM wangge_app, wangge_worker"
    )


def lock_contacts() -> None:
    """A contact is read only by whoever names its report first, in the same transaction."""
    named = "report_id = nullif(current_setting('wangge.opened_report', true), '')::bigint"
    op.execute("ALTER TABLE contact ENABLE ROW LEVEL SECURITY")
    op.execute("CREATE POLICY contact_written ON contact FOR INSERT WITH CHECK (true)")
    op.execute(f"CREATE POLICY contact_opened ON contact FOR SELECT USING ({named})")
    op.execute("CREATE POLICY contact_erased ON contact FOR DELETE USING (erase_after <= now())")


def upgrade() -> None:
    op.create_table(
        "member",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("code", sa.Text(collation="C"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("member_account_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("member_pk")),
        sa.UniqueConstraint("account_id", name=op.f("member_account_id_uq")),
        sa.UniqueConstraint("code", name=op.f("member_code_uq")),
        comment="人员: somebody who holds posts; the phone is the one of the service",
    )
    op.create_table(
        "organisation",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("code", sa.Text(collation="C"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("home_region_id", sa.BigInteger(), nullable=False),
        sa.Column("parent_id", sa.BigInteger(), nullable=True),
        sa.Column("duty_phone", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("handles", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.ForeignKeyConstraint(
            ["home_region_id"], ["region.id"], name=op.f("organisation_home_region_id_fk")
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["organisation.id"], name=op.f("organisation_parent_id_fk")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("organisation_pk")),
        sa.UniqueConstraint("code", name=op.f("organisation_code_uq")),
        comment="组织: acts for its home region; `handles` = what kinds of handler it is",
    )
    op.create_index(
        "organisation_handles_gin",
        "organisation",
        ["handles"],
        unique=False,
        postgresql_using="gin",
    )
    op.create_index(
        op.f("organisation_home_region_id_ix"), "organisation", ["home_region_id"], unique=False
    )
    op.create_index(op.f("organisation_parent_id_ix"), "organisation", ["parent_id"], unique=False)
    op.create_table(
        "place_home",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("object_id", sa.BigInteger(), nullable=False),
        sa.Column("region_id", sa.BigInteger(), nullable=False),
        sa.Column("valid", postgresql.DATERANGE(), nullable=False),
        sa.Column("known", postgresql.TSTZRANGE(), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.column("kind"), "="),
            (sa.column("object_id"), "="),
            (sa.column("valid"), "&&"),
            (sa.column("known"), "&&"),
            using="gist",
            name="place_home_one_excl",
        ),
        sa.CheckConstraint("kind IN ('building', 'facility')", name=op.f("place_home_kind_ck")),
        sa.CheckConstraint(
            "NOT isempty(valid) AND NOT isempty(known)", name=op.f("place_home_times_ck")
        ),
        sa.ForeignKeyConstraint(["region_id"], ["region.id"], name=op.f("place_home_region_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("place_home_pk")),
        comment="所属网格: the grid of a building or a facility, over two times",
    )
    op.create_index(op.f("place_home_region_id_ix"), "place_home", ["region_id"], unique=False)
    op.create_table(
        "compound",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("code", sa.Text(collation="C"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("property_mode", sa.Text(), nullable=False),
        sa.Column("is_old", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("property_company_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "geom",
            Geometry(geometry_type="MULTIPOLYGON", srid=4490, spatial_index=False),
            nullable=True,
        ),
        sa.ForeignKeyConstraint(
            ["property_company_id"],
            ["organisation.id"],
            name=op.f("compound_property_company_id_fk"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("compound_pk")),
        sa.UniqueConstraint("code", name=op.f("compound_code_uq")),
        comment="小区: buildings that share a gate and a yard; who looks after them",
    )
    op.create_index(
        "compound_geom_gix", "compound", ["geom"], unique=False, postgresql_using="gist"
    )
    op.create_index(
        op.f("compound_property_company_id_ix"), "compound", ["property_company_id"], unique=False
    )
    op.create_table(
        "building",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("code", sa.Text(collation="C"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("households", sa.Integer(), nullable=False),
        sa.Column("storeys", sa.Integer(), nullable=True),
        sa.Column("stairwells", sa.Integer(), nullable=True),
        sa.Column("compound_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "geom",
            Geometry(geometry_type="MULTIPOLYGON", srid=4490, spatial_index=False),
            nullable=True,
        ),
        sa.Column(
            "point", Geometry(geometry_type="POINT", srid=4490, spatial_index=False), nullable=True
        ),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("households >= 0", name=op.f("building_households_ck")),
        sa.ForeignKeyConstraint(
            ["compound_id"], ["compound.id"], name=op.f("building_compound_id_fk")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("building_pk")),
        sa.UniqueConstraint("code", name=op.f("building_code_uq")),
        comment="楼栋: households are a count, never who; point = the place distances start from",
    )
    op.create_index(
        "building_address_trgm",
        "building",
        ["address"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"address": "gin_trgm_ops"},
    )
    op.create_index(op.f("building_compound_id_ix"), "building", ["compound_id"], unique=False)
    op.create_index(
        "building_geom_gix", "building", ["geom"], unique=False, postgresql_using="gist"
    )
    op.create_index(
        "building_point_gix", "building", ["point"], unique=False, postgresql_using="gist"
    )
    op.create_table(
        "facility",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("code", sa.Text(collation="C"), nullable=False),
        sa.Column("kind", sa.Text(collation="C"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=True),
        sa.Column("floor_area_m2", sa.Float(), nullable=True),
        sa.Column("land_area_m2", sa.Float(), nullable=True),
        sa.Column("hours", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("address", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("building_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "point", Geometry(geometry_type="POINT", srid=4490, spatial_index=False), nullable=True
        ),
        sa.ForeignKeyConstraint(
            ["building_id"], ["building.id"], name=op.f("facility_building_id_fk")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("facility_pk")),
        sa.UniqueConstraint("code", name=op.f("facility_code_uq")),
        comment="设施: one place of service; point = its entrance",
    )
    op.create_index(op.f("facility_building_id_ix"), "facility", ["building_id"], unique=False)
    op.create_index(op.f("facility_kind_ix"), "facility", ["kind"], unique=False)
    op.create_index(
        "facility_point_gix", "facility", ["point"], unique=False, postgresql_using="gist"
    )
    op.create_table(
        "post",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("region_id", sa.BigInteger(), nullable=True),
        sa.Column("building_id", sa.BigInteger(), nullable=True),
        sa.Column("organisation_id", sa.BigInteger(), nullable=True),
        sa.Column("responsible", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("valid", postgresql.TSTZRANGE(), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.column("region_id"), "="),
            (sa.column("valid"), "&&"),
            where=sa.text("responsible"),
            using="gist",
            name="post_one_responsible_excl",
        ),
        sa.CheckConstraint("NOT isempty(valid)", name=op.f("post_valid_ck")),
        sa.CheckConstraint(
            "NOT responsible OR region_id IS NOT NULL", name=op.f("post_responsible_ck")
        ),
        sa.CheckConstraint(
            "num_nonnulls(region_id, building_id, organisation_id) = 1",
            name=op.f("post_one_place_ck"),
        ),
        sa.ForeignKeyConstraint(["building_id"], ["building.id"], name=op.f("post_building_id_fk")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("post_member_id_fk")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("post_organisation_id_fk")
        ),
        sa.ForeignKeyConstraint(["region_id"], ["region.id"], name=op.f("post_region_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("post_pk")),
        comment="任职: one member, one role, one place; one responsible member a grid",
    )
    op.create_index(op.f("post_building_id_ix"), "post", ["building_id"], unique=False)
    op.create_index(op.f("post_member_id_ix"), "post", ["member_id"], unique=False)
    op.create_index(op.f("post_organisation_id_ix"), "post", ["organisation_id"], unique=False)
    op.create_index(op.f("post_region_id_ix"), "post", ["region_id"], unique=False)
    op.create_table(
        "matter",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("no", sa.Text(collation="C"), nullable=False),
        sa.Column("query_code", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(collation="C"), nullable=True),
        sa.Column("proposal", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("item", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("proposed_class", sa.Text(), nullable=True),
        sa.Column("matter_class", sa.Text(), nullable=True),
        sa.Column("urgency", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("queue", sa.Text(), nullable=True),
        sa.Column("conduct", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("region_id", sa.BigInteger(), nullable=True),
        sa.Column("handler_id", sa.BigInteger(), nullable=True),
        sa.Column("member_post_id", sa.BigInteger(), nullable=True),
        sa.Column("building_id", sa.BigInteger(), nullable=True),
        sa.Column("filed_by", sa.BigInteger(), nullable=True),
        sa.Column(
            "geom", Geometry(geometry_type="POINT", srid=4490, spatial_index=False), nullable=True
        ),
        sa.Column("accuracy_m", sa.Float(), nullable=True),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("raw_place", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("outer_no", sa.Text(), nullable=True),
        sa.Column("merged_into", sa.BigInteger(), nullable=True),
        sa.Column("observed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'triage') = (queue IS NOT NULL)", name=op.f("matter_queue_ck")
        ),
        sa.ForeignKeyConstraint(
            ["building_id"], ["building.id"], name=op.f("matter_building_id_fk")
        ),
        sa.ForeignKeyConstraint(["filed_by"], ["account.id"], name=op.f("matter_filed_by_fk")),
        sa.ForeignKeyConstraint(
            ["handler_id"], ["organisation.id"], name=op.f("matter_handler_id_fk")
        ),
        sa.ForeignKeyConstraint(
            ["member_post_id"], ["post.id"], name=op.f("matter_member_post_id_fk")
        ),
        sa.ForeignKeyConstraint(["merged_into"], ["matter.id"], name=op.f("matter_merged_into_fk")),
        sa.ForeignKeyConstraint(["region_id"], ["region.id"], name=op.f("matter_region_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("matter_pk")),
        sa.UniqueConstraint("no", name=op.f("matter_no_uq")),
        comment="事项: region = the place that holds it now (grid, or the desk that has to look)",
    )
    op.create_index("matter_filed_by_ix", "matter", ["filed_by", "received_at"], unique=False)
    op.create_index("matter_geom_gix", "matter", ["geom"], unique=False, postgresql_using="gist")
    op.create_index(
        "matter_handler_ix",
        "matter",
        ["handler_id", "due_at"],
        unique=False,
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_index(
        "matter_member_ix",
        "matter",
        ["member_post_id"],
        unique=False,
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_index(
        "matter_open_ix",
        "matter",
        ["region_id", "due_at"],
        unique=False,
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_index("matter_region_ix", "matter", ["region_id", "received_at"], unique=False)
    op.create_index("matter_due_ix", "matter", ["due_at", "id"], unique=False)
    op.create_index(
        "matter_open_due_ix",
        "matter",
        ["due_at", "id"],
        unique=False,
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_index(
        "matter_merged_ix",
        "matter",
        ["merged_into"],
        unique=False,
        postgresql_where=sa.text("merged_into IS NOT NULL"),
    )
    op.create_table(
        "clock",
        sa.Column("matter_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("number", sa.SmallInteger(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("limit_amount", sa.Integer(), nullable=True),
        sa.Column("limit_unit", sa.Text(), nullable=True),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("provisional", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("moved", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.CheckConstraint(
            "(limit_amount IS NULL) = (limit_unit IS NULL)", name=op.f("clock_limit_ck")
        ),
        sa.ForeignKeyConstraint(["matter_id"], ["matter.id"], name=op.f("clock_matter_id_fk")),
        sa.PrimaryKeyConstraint("matter_id", "kind", "number", name=op.f("clock_pk")),
        comment="时钟: one limit of one matter; without a limit the due time is inherited",
    )
    op.create_index(
        "clock_running_ix",
        "clock",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("stopped_at IS NULL AND paused_at IS NULL"),
    )
    op.create_table(
        "intake_key",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(collation="C"), nullable=False),
        sa.Column("body_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("matter_id", sa.BigInteger(), nullable=False),
        sa.Column("receipt", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("intake_key_account_id_fk")
        ),
        sa.ForeignKeyConstraint(["matter_id"], ["matter.id"], name=op.f("intake_key_matter_id_fk")),
        sa.PrimaryKeyConstraint("account_id", "key", name=op.f("intake_key_pk")),
        comment="幂等键: same key and body, same receipt, for as long as the matter lives",
    )
    op.create_index(op.f("intake_key_matter_id_ix"), "intake_key", ["matter_id"], unique=False)
    op.create_table(
        "matter_access",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("matter_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column(
            "recorded_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("matter_access_account_id_fk")
        ),
        sa.ForeignKeyConstraint(
            ["matter_id"], ["matter.id"], name=op.f("matter_access_matter_id_fk")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("matter_access_pk")),
        comment="查阅日志: who opened a contact or a complaint about people; written once",
    )
    op.create_index(
        op.f("matter_access_matter_id_ix"), "matter_access", ["matter_id"], unique=False
    )
    op.create_table(
        "matter_event",
        sa.Column("matter_id", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=True),
        sa.Column("actor", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column(
            "detail",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["account.id"], name=op.f("matter_event_actor_id_fk")
        ),
        sa.ForeignKeyConstraint(
            ["matter_id"], ["matter.id"], name=op.f("matter_event_matter_id_fk")
        ),
        sa.PrimaryKeyConstraint("matter_id", "seq", "recorded_at", name=op.f("matter_event_pk")),
        comment="事项日志: written once, never changed; by month of the server's time",
        postgresql_partition_by="RANGE (recorded_at)",
    )
    op.create_table(
        "matter_place",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("matter_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.SmallInteger(), nullable=False),
        sa.Column("region_id", sa.BigInteger(), nullable=True),
        sa.Column("version_id", sa.BigInteger(), nullable=True),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("confident", sa.Boolean(), nullable=False),
        sa.Column("edge_m", sa.Float(), nullable=True),
        sa.Column("candidates", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["matter_id"], ["matter.id"], name=op.f("matter_place_matter_id_fk")
        ),
        sa.ForeignKeyConstraint(
            ["region_id"], ["region.id"], name=op.f("matter_place_region_id_fk")
        ),
        sa.ForeignKeyConstraint(
            ["version_id"], ["region_version.id"], name=op.f("matter_place_version_id_fk")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("matter_place_pk")),
        sa.UniqueConstraint("matter_id", "number", name=op.f("matter_place_matter_id_number_uq")),
        comment="归属判定: number 1 = where it was reported, the last one = where it is held",
    )
    op.create_table(
        "matter_report",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("matter_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("outer_no", sa.Text(), nullable=True),
        sa.Column("observed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("replied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reply", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("matter_report_account_id_fk")
        ),
        sa.ForeignKeyConstraint(
            ["matter_id"], ["matter.id"], name=op.f("matter_report_matter_id_fk")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("matter_report_pk")),
        comment="反映: one a reporter; merging matters moves none, each is answered by itself",
    )
    op.create_index(
        op.f("matter_report_matter_id_ix"), "matter_report", ["matter_id"], unique=False
    )
    op.create_table(
        "matter_task",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("matter_id", sa.BigInteger(), nullable=False),
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("section", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("person", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("hop", sa.SmallInteger(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["matter_id"], ["matter.id"], name=op.f("matter_task_matter_id_fk")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("matter_task_organisation_id_fk")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("matter_task_pk")),
        sa.UniqueConstraint("matter_id", "hop", name=op.f("matter_task_matter_id_hop_uq")),
        comment="任务: one a dispatch; the open one has no end",
    )
    op.create_index(op.f("matter_task_matter_id_ix"), "matter_task", ["matter_id"], unique=False)
    op.create_index(
        "matter_task_one_open_uq",
        "matter_task",
        ["matter_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index(
        op.f("matter_task_organisation_id_ix"), "matter_task", ["organisation_id"], unique=False
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("matter_id", sa.BigInteger(), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["matter_id"], ["matter.id"], name=op.f("outbox_matter_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("outbox_pk")),
        sa.UniqueConstraint("number", name=op.f("outbox_number_uq")),
        comment="发件箱: what others are to be told; numbered by a relay once committed",
    )
    op.create_index(op.f("outbox_matter_id_ix"), "outbox", ["matter_id"], unique=False)
    op.create_table(
        "contact",
        sa.Column("report_id", sa.BigInteger(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("erase_after", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["report_id"], ["matter_report.id"], name=op.f("contact_report_id_fk")
        ),
        sa.PrimaryKeyConstraint("report_id", name=op.f("contact_pk")),
        comment="联系方式: encrypted, apart from the matter, erased after its time",
    )
    divide_by_month()
    keep_what_is_written()
    lock_contacts()


def downgrade() -> None:
    op.drop_table("contact")
    op.drop_index(op.f("outbox_matter_id_ix"), table_name="outbox")
    op.drop_table("outbox")
    op.drop_index(op.f("matter_task_organisation_id_ix"), table_name="matter_task")
    op.drop_index(
        "matter_task_one_open_uq",
        table_name="matter_task",
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.drop_index(op.f("matter_task_matter_id_ix"), table_name="matter_task")
    op.drop_table("matter_task")
    op.drop_index(op.f("matter_report_matter_id_ix"), table_name="matter_report")
    op.drop_table("matter_report")
    op.drop_table("matter_place")
    op.drop_table("matter_event")
    op.drop_index(op.f("matter_access_matter_id_ix"), table_name="matter_access")
    op.drop_table("matter_access")
    op.drop_index(op.f("intake_key_matter_id_ix"), table_name="intake_key")
    op.drop_table("intake_key")
    op.drop_index(
        "clock_running_ix",
        table_name="clock",
        postgresql_where=sa.text("stopped_at IS NULL AND paused_at IS NULL"),
    )
    op.drop_table("clock")
    op.drop_index(
        "matter_merged_ix",
        table_name="matter",
        postgresql_where=sa.text("merged_into IS NOT NULL"),
    )
    op.drop_index(
        "matter_open_due_ix", table_name="matter", postgresql_where=sa.text("closed_at IS NULL")
    )
    op.drop_index("matter_due_ix", table_name="matter")
    op.drop_index("matter_region_ix", table_name="matter")
    op.drop_index(
        "matter_open_ix", table_name="matter", postgresql_where=sa.text("closed_at IS NULL")
    )
    op.drop_index(
        "matter_member_ix", table_name="matter", postgresql_where=sa.text("closed_at IS NULL")
    )
    op.drop_index(
        "matter_handler_ix", table_name="matter", postgresql_where=sa.text("closed_at IS NULL")
    )
    op.drop_index("matter_geom_gix", table_name="matter", postgresql_using="gist")
    op.drop_index("matter_filed_by_ix", table_name="matter")
    op.drop_table("matter")
    op.drop_index(op.f("post_region_id_ix"), table_name="post")
    op.drop_index(op.f("post_organisation_id_ix"), table_name="post")
    op.drop_index(op.f("post_member_id_ix"), table_name="post")
    op.drop_index(op.f("post_building_id_ix"), table_name="post")
    op.drop_table("post")
    op.drop_index("facility_point_gix", table_name="facility", postgresql_using="gist")
    op.drop_index(op.f("facility_kind_ix"), table_name="facility")
    op.drop_index(op.f("facility_building_id_ix"), table_name="facility")
    op.drop_table("facility")
    op.drop_index("building_point_gix", table_name="building", postgresql_using="gist")
    op.drop_index("building_geom_gix", table_name="building", postgresql_using="gist")
    op.drop_index(op.f("building_compound_id_ix"), table_name="building")
    op.drop_index(
        "building_address_trgm",
        table_name="building",
        postgresql_using="gin",
        postgresql_ops={"address": "gin_trgm_ops"},
    )
    op.drop_table("building")
    op.drop_index(op.f("compound_property_company_id_ix"), table_name="compound")
    op.drop_index("compound_geom_gix", table_name="compound", postgresql_using="gist")
    op.drop_table("compound")
    op.drop_index(op.f("place_home_region_id_ix"), table_name="place_home")
    op.drop_table("place_home")
    op.drop_index(op.f("organisation_parent_id_ix"), table_name="organisation")
    op.drop_index(op.f("organisation_home_region_id_ix"), table_name="organisation")
    op.drop_index("organisation_handles_gin", table_name="organisation", postgresql_using="gin")
    op.drop_table("organisation")
    op.drop_table("member")
