"""How does a scope become a condition? One builder, for every query on rows of a region."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import ARRAY, BigInteger, bindparam, true

from gis.store.tables.regions import region

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

    from gis.accounts import Scope


def within(scope: Scope, home_path: ColumnElement[Any] | None = None) -> ColumnElement[bool]:
    """True for regions in the scope: those named and all below them, as they stand today.

    `home_path` is `region.home_path` of the query, or of an alias of it; the GIN index serves it.
    An empty scope lets nothing through.
    """
    if scope.everything:
        return true()
    column = region.c.home_path if home_path is None else home_path
    ids = bindparam(None, sorted(scope.region_ids), type_=ARRAY(BigInteger))
    return column.bool_op("&&")(ids)


def scope_values(scope: Scope) -> dict[str, object]:
    """The same for a query in a file, which then says
    `AND (:scope_everything OR r.home_path && CAST(:scope_ids AS bigint[]))`.
    """
    return {"scope_everything": scope.everything, "scope_ids": sorted(scope.region_ids)}
