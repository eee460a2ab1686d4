"""What all tables share: one naming convention, and the columns that recur."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    MetaData,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "%(table_name)s_%(column_0_N_name)s_ix",
        "uq": "%(table_name)s_%(column_0_N_name)s_uq",
        "ck": "%(table_name)s_%(constraint_name)s_ck",
        "fk": "%(table_name)s_%(column_0_name)s_fk",
        "pk": "%(table_name)s_pk",
    }
)

NOW = text("now()")
C = "C"  # codes are ordered by byte, the same on every machine


def id_column() -> Column[int]:
    return Column("id", BigInteger, Identity(always=True), primary_key=True)


def to(
    target: str, name: str, *, null: bool = False, index: bool = False, primary_key: bool = False
) -> Column[int]:
    to = ForeignKey(f"{target}.id")
    return Column(name, to, nullable=null, index=index or None, primary_key=primary_key)


def at(name: str, *, null: bool = False, default: bool = False) -> Column[object]:
    return Column(
        name, DateTime(timezone=True), nullable=null, server_default=NOW if default else None
    )
