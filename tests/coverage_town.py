"""A little town for the tests of coverage: two communities of three grids, houses, stations.

A B C     community X = A, B, D     one square is 0.01 degree, about 970 m by 1,110 m
D E F     community Y = C, E, F     county Z over both
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Connection, text

from gis.model import BoundaryRow
from tests.makers import keep
from tests.sketch import SIDE, SOUTH, WEST, sketch

KIND: Final = "elderly_station"
HOSTILE: Final = "=1+1</script>${7*7}`\u2028"

# code → grid, households, place within the grid's square (shares), None where nobody knows
HOUSES: Final[dict[str, tuple[str, int, tuple[float, float] | None]]] = {
    "A1": ("A", 30, (0.5, 0.5)),
    "A2": ("A", 10, (0.52, 0.5)),
    "B1": ("B", 8, (0.1, 0.5)),
    "B2": ("B", 12, (0.9, 0.9)),
    "C1": ("C", 5, None),
    "C2": ("C", 1, (0.5, 0.5)),
    "D1": ("D", 0, (0.5, 0.5)),
    "E1": ("E", 20, (0.5, 0.5)),
    "E2": ("E", 7, None),
}
# code → grid, state, place
STATIONS: Final[dict[str, tuple[str, str, tuple[float, float] | None]]] = {
    "S1": ("A", "open", (0.5, 0.5)),
    "S2": ("E", "planned", (0.5, 0.5)),
    "S3": ("B", "open", None),
    "S4": ("C", "open", (0.02, 0.9)),  # in C, and B2 is in its reach
}
SQUARES: Final = {
    letter: (column, row)
    for row, line in enumerate(("DEF", "ABC"))
    for column, letter in enumerate(line)
}


def build_town(connection: Connection) -> None:
    """Put the town in force, with its houses and stations at home in their grids."""
    parents = dict.fromkeys("ABD", "X") | dict.fromkeys("CEF", "Y")
    names = {letter: f"{letter}网格" for letter in "ABCDEF"}
    whole = sketch("Z Z Z\nZ Z Z", names={"Z": "示例县"})
    towns = sketch("X X Y\nX Y Y", names={"X": "社区甲", "Y": "社区乙"})
    keep(connection, whole, level="county", edition="county")
    keep(connection, _under(towns, "Z"), level="community", edition="community")
    grids = sketch("A B C\nD E F", parents=parents, names=names)
    keep(connection, grids, level="grid", edition="grid")
    for code, (grid, households, at) in HOUSES.items():
        add_house(connection, code, grid, households, at)
    for code, (grid, status, at) in STATIONS.items():
        add_station(connection, code, grid, status, at, name=HOSTILE if code == "S1" else code)


def _under(rows: list[BoundaryRow], parent: str) -> list[BoundaryRow]:
    return [BoundaryRow(r.row, r.code, r.name, parent, r.shape) for r in rows]


def add_house(
    connection: Connection,
    code: str,
    grid: str,
    households: int,
    at: tuple[float, float] | None,
    name: str = "",
) -> None:
    """A house at home in a grid."""
    made = connection.execute(
        text(
            "INSERT INTO building (code, name, address, households, point)"
            " VALUES (:code, :name, '幸福路1号', :households, " + POINT + ") RETURNING id"
        ),
        {"code": code, "name": name or code, "households": households, **_where(grid, at)},
    )
    _settle(connection, "building", made.scalar_one(), grid)


def add_station(
    connection: Connection,
    code: str,
    grid: str,
    status: str,
    at: tuple[float, float] | None,
    *,
    name: str,
    kind: str = KIND,
) -> None:
    """A facility at home in a grid."""
    made = connection.execute(
        text(
            "INSERT INTO facility (code, kind, name, status, point)"
            " VALUES (:code, :kind, :name, :status, " + POINT + ") RETURNING id"
        ),
        {"code": code, "kind": kind, "name": name, "status": status, **_where(grid, at)},
    )
    _settle(connection, "facility", made.scalar_one(), grid)


POINT: Final = (
    "CASE WHEN CAST(:lon AS float8) IS NOT NULL THEN ST_SetSRID(ST_MakePoint(:lon, :lat), 4490) END"
)


def _where(grid: str, at: tuple[float, float] | None) -> dict[str, Any]:
    if at is None:
        return {"lon": None, "lat": None}
    column, row = SQUARES[grid]
    return {"lon": WEST + (column + at[0]) * SIDE, "lat": SOUTH + (row + at[1]) * SIDE}


def _settle(connection: Connection, kind: str, thing: int, grid: str) -> None:
    connection.execute(
        text(
            "INSERT INTO place_home (kind, object_id, region_id, valid, known)"
            " SELECT :kind, :thing, c.region_id, daterange('2020-01-01', NULL),"
            " tstzrange('2020-01-01', NULL) FROM region_code c JOIN level l ON l.id = c.level_id"
            " WHERE c.code = :grid AND l.code = 'grid'"
        ),
        {"kind": kind, "thing": thing, "grid": grid},
    )


def region_id(connection: Connection, code: str) -> int:
    """The identity behind a code of the town."""
    return int(
        connection.scalar(text("SELECT region_id FROM region_code WHERE code = :c"), {"c": code})
    )
