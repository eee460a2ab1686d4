"""What the worker remembers of its jobs."""

from __future__ import annotations

from sqlalchemy import Column, Integer, Table, Text

from gis.store.tables.base import C, at, metadata

job_run = Table(
    "job_run",
    metadata,
    Column("name", Text(collation=C), primary_key=True),
    at("tried_at"),
    at("succeeded_at", null=True),
    Column("did", Integer, nullable=False),
    Column("failure", Text, nullable=False),
    comment="定时任务: the last try of each; `failure` = the kind of error, empty after success",
)
