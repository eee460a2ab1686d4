"""The town of the scenarios: 示例区 500199, 滨江街道, 河滨社区 with the grids G001 and G002.

G001: lon 106.560 … 106.562, G002: 106.562 … 106.564, lat 29.560 … 29.562. 张 is responsible for
the first, 李 for the second.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import shapely
from sqlalchemy import Connection, insert, select
from sqlalchemy.dialects.postgresql import Range

from gis.model import BoundaryRow
from gis.people import OrganisationKind, PostRole
from gis.store.tables.people import member, organisation, post
from gis.store.tables.places import building, facility, place_home
from gis.store.tables.regions import region_code
from tests.makers import LONG_AGO, keep

COUNTY, SUBDISTRICT, COMMUNITY = "500199", "500199001", "500199001001"
G001, G002 = "500199001001001", "500199001001002"
SINCE = datetime(2020, 1, 1, tzinfo=UTC)


def settle(connection: Connection) -> dict[str, int]:
    """Put the town in force. Region ids by code."""
    above = [("county", COUNTY, "示例区", None), ("subdistrict", SUBDISTRICT, "滨江街道", COUNTY)]
    above.append(("community", COMMUNITY, "河滨社区", SUBDISTRICT))
    for level, code, name, parent in above:
        keep(
            connection, [BoundaryRow(1, code, name, parent)], level=level, edition=level, now=SINCE
        )
    boxes = {G001: (106.560, 106.562), G002: (106.562, 106.564)}
    grids = [
        BoundaryRow(
            number,
            code,
            f"第{number:02}网格",
            COMMUNITY,
            shapely.MultiPolygon([shapely.box(west, 29.560, east, 29.562)]),
        )
        for number, (code, (west, east)) in enumerate(boxes.items(), start=1)
    ]
    keep(connection, grids, level="grid", edition="grid", now=SINCE)
    return region_ids(connection)


def inhabited(connection: Connection) -> dict[str, int]:
    """The town with its people and one building, BHY-3 in G001. Region ids by code."""
    ids = settle(connection)
    staff(connection, ids)
    add_building(connection, "BHY-3", grid_id=ids[G001], at=(106.561, 29.561))
    return ids


def region_ids(connection: Connection) -> dict[str, int]:
    found = connection.execute(select(region_code.c.code, region_code.c.region_id))
    return {row.code: row.region_id for row in found}


def staff(connection: Connection, ids: dict[str, int]) -> None:
    """张 and 李 in their posts, and the units that the scenarios name."""
    for code, name, grid in (("zhang", "张", G001), ("li", "李", G002)):
        add_post(connection, code, name, ids[grid], responsible=True)
    units = (
        ("HW", "环卫所", SUBDISTRICT, ["sanitation"]),
        ("SCJG", "市场监管局", COUNTY, ["market_regulation"]),
        ("CG", "城管局", COUNTY, ["urban_management"]),
        ("JWH", "河滨社区居委会", COMMUNITY, ["committee"]),
    )
    for code, name, home, handles in units:
        add_organisation(connection, code, name, ids[home], handles)


def add_post(
    connection: Connection,
    code: str,
    name: str,
    region_id: int,
    *,
    responsible: bool = False,
    role: PostRole = PostRole.GRID_MEMBER,
    account_id: int | None = None,
) -> int:
    made = connection.execute(
        insert(member)
        .values(code=code, name=name, phone="023-0001", account_id=account_id)
        .returning(member.c.id)
    ).scalar_one()
    return connection.execute(
        insert(post)
        .values(
            member_id=made,
            role=role,
            region_id=region_id,
            responsible=responsible,
            valid=Range(SINCE, None),
        )
        .returning(post.c.id)
    ).scalar_one()


def add_organisation(
    connection: Connection, code: str, name: str, home_region_id: int, handles: list[str]
) -> int:
    return connection.execute(
        insert(organisation)
        .values(
            code=code,
            name=name,
            kind=OrganisationKind.HANDLING_UNIT,
            home_region_id=home_region_id,
            duty_phone="023-0002",
            handles=handles,
        )
        .returning(organisation.c.id)
    ).scalar_one()


def add_building(
    connection: Connection, code: str, *, grid_id: int | None, at: tuple[float, float] | None
) -> int:
    """A building; its grid is stated, its point may be missing."""
    words = {"name": "3幢", "households": 9}
    return _add_thing(connection, building, "building", code, grid_id, at, words)


def add_facility(
    connection: Connection, code: str, *, grid_id: int | None, at: tuple[float, float] | None
) -> int:
    words = {"name": "垃圾站", "kind": "waste", "status": "open"}
    return _add_thing(connection, facility, "facility", code, grid_id, at, words)


def _add_thing(
    connection: Connection,
    table: Any,
    kind: str,
    code: str,
    grid_id: int | None,
    at: tuple[float, float] | None,
    words: dict[str, Any],
) -> int:
    point = f"SRID=4490;POINT({at[0]} {at[1]})" if at else None
    made: int = connection.execute(
        insert(table).values(code=code, point=point, **words).returning(table.c.id)
    ).scalar_one()
    if grid_id is not None:
        connection.execute(
            insert(place_home).values(
                kind=kind,
                object_id=made,
                region_id=grid_id,
                valid=Range(LONG_AGO, None),
                known=Range(SINCE, None),
            )
        )
    return made
