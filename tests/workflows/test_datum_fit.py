"""A batch in another datum than declared is named before anything is written: none of 4,000 places
is given to a grid silently.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import shapely
from sqlalchemy import Connection, Engine, func, select

from api.locate_command import check_points
from data.points import read_points
from gis.coordinates import convert
from gis.errors import BadInput
from gis.model import Point
from gis.places import Building
from gis.sheets import Sheet, Stated
from gis.store.datum_fit import Witness, fit_of
from gis.store.known_addresses import KnownPlace, keep_known, regions_at
from gis.store.tables.places import building
from gis.workflows.import_places import Choice, import_buildings
from tests.makers import TODAY, keep
from tests.sketch import SIDE, SOUTH, WEST, sketch

PLACES = 4_000
SYSTEMS = ("wgs84", "gcj02", "bd09")
FIELDS = frozenset({"name", "address", "households", "point"})


@dataclass(frozen=True)
class Batch:
    connection: Connection
    lon: np.ndarray
    lat: np.ndarray
    addresses: list[str]

    def read_as(self, declared: str, true: str = "wgs84") -> list[Point]:
        """The places as they come out when numbers of `true` are declared to be `declared`."""
        x, y = convert(self.lon, self.lat, "wgs84", true)
        x, y = convert(x, y, declared, "cgcs2000")
        return [Point(float(a), float(b)) for a, b in zip(x, y, strict=True)]


@pytest.fixture(scope="module")
def batch(engine: Engine) -> Iterator[Batch]:
    random = np.random.default_rng(20)
    lon, lat = random.uniform(0, 3, PLACES), random.uniform(0, 2, PLACES)
    made = [f"滨河路{n + 1}号" for n in range(PLACES)]
    with engine.connect() as connection:
        outer = connection.begin()
        keep(connection, sketch("A B C\nD E F"))
        batch = Batch(connection, WEST + lon * SIDE, SOUTH + lat * SIDE, made)
        points = batch.read_as("wgs84")
        regions = regions_at(connection, points, TODAY)
        keep_known(
            connection,
            (
                KnownPlace(f"imported:{n}", made[n], "", (), regions[n], points[n])
                for n in range(PLACES)
            ),
        )
        yield batch
        outer.rollback()


def sheet(batch: Batch, points: list[Point], declared: str) -> Sheet[Building]:
    rows = [
        Stated(n + 1, Building(f"B{n}", "", batch.addresses[n], 1, point))
        for n, point in enumerate(points)
    ]
    return Sheet(rows, FIELDS, crs_used=declared)


@pytest.mark.parametrize("declared", SYSTEMS)
@pytest.mark.parametrize("true", SYSTEMS)
def test_the_true_system_is_named_or_nothing_is(batch: Batch, declared: str, true: str):
    witnesses = [Witness("", "", one) for one in batch.addresses]
    found = fit_of(batch.connection, batch.read_as(declared, true), declared, witnesses, TODAY)

    assert (found.system if found else declared) == true


@pytest.mark.parametrize("true", ["gcj02", "bd09"])
def test_of_4000_places_in_a_wrong_datum_none_is_assigned(batch: Batch, true: str):
    given = sheet(batch, batch.read_as("wgs84", true), "wgs84")
    with pytest.raises(BadInput) as refused:
        import_buildings(batch.connection, given, TODAY, Choice(commit=True, skip_bad=True))

    assert refused.value.key == "error.crs_misfit"
    assert refused.value.values["system"] == {"gcj02": "GCJ-02", "bd09": "BD-09"}[true]
    assert refused.value.values["metres"] == pytest.approx(
        {"gcj02": 480, "bd09": 1060}[true], abs=60
    )
    assert batch.connection.execute(select(func.count()).select_from(building)).scalar() == 0


def test_what_fits_and_what_was_checked_is_taken(batch: Batch):
    inner = batch.connection.begin_nested()
    right = sheet(batch, batch.read_as("gcj02", "gcj02")[:50], "gcj02")
    wrong = sheet(batch, batch.read_as("wgs84", "gcj02")[:50], "wgs84")

    assert len(import_buildings(batch.connection, right, TODAY, Choice(commit=True)).added) == 50
    trusted = Choice(commit=False, trust_crs=True)
    assert not import_buildings(batch.connection, wrong, TODAY, trusted).faults
    inner.rollback()


def test_few_witnesses_and_rows_that_say_nothing_accuse_nobody(batch: Batch):
    places = batch.read_as("wgs84", "gcj02")
    two = [Witness("", "", one) for one in batch.addresses[:2]]
    assert fit_of(batch.connection, places[:2], "wgs84", two, TODAY) is None
    silent = [Witness()] * 100
    assert fit_of(batch.connection, places[:100], "wgs84", silent, TODAY) is None


def test_three_that_all_speak_for_one_system_are_enough_and_a_doubtful_one_spoils_it(batch: Batch):
    places = batch.read_as("wgs84", "gcj02")
    three = [Witness("", "", one) for one in batch.addresses[:3]]
    found = fit_of(batch.connection, places[:3], "wgs84", three, TODAY)
    assert (found.system, found.fits, found.declared_fits) == ("gcj02", 1, 0)

    true = batch.read_as("wgs84")
    mixed = [*places[:2], *true[2:4]]
    four = [Witness("", "", one) for one in batch.addresses[:4]]
    assert fit_of(batch.connection, mixed, "wgs84", four, TODAY) is None


def houses_in_rows(batch: Batch) -> list[tuple[float, float]]:
    """60 houses of about 20 m, 190 m apart, kept for the test."""
    corners = [(106.5031 + 0.002 * (n % 10), 29.5021 + 0.002 * (n // 10)) for n in range(60)]
    sheet = Sheet(
        [
            Stated(n + 1, Building(f"H{n}", "", "", 1, Point(x, y), shapely.box(*_around(x, y))))
            for n, (x, y) in enumerate(corners)
        ],
        FIELDS | {"shape"},
        crs_used="wgs84",
    )
    import_buildings(batch.connection, sheet, TODAY, Choice(commit=True, trust_crs=True))
    return corners


def _around(x: float, y: float) -> tuple[float, float, float, float]:
    return (x - 1e-4, y - 1e-4, x + 1e-4, y + 1e-4)


def test_bare_points_are_told_by_the_buildings_they_lie_at_or_not_at_all(batch: Batch):
    inner = batch.connection.begin_nested()
    lon, lat = np.array(houses_in_rows(batch)).T
    random = np.random.default_rng(7)
    at = Batch(batch.connection, lon + random.normal(0, 5e-5, 60), lat, [])
    silent = [Witness()] * 60
    for true in SYSTEMS:
        given = at.read_as("wgs84", true)
        found = fit_of(batch.connection, given, "wgs84", silent, TODAY)
        assert (found.system if found else "wgs84") == true
    anywhere = batch.read_as("wgs84", "gcj02")[:60]
    assert fit_of(batch.connection, anywhere, "wgs84", silent, TODAY) is None
    assert (
        fit_of(batch.connection, at.read_as("wgs84", "bd09")[:49], "wgs84", silent, TODAY) is None
    )
    inner.rollback()


def test_bare_points_that_leave_our_outlines_are_told_by_them(batch: Batch):
    """A strip of 300 m along the eastern edge: read in another system most lie outside."""
    strip = np.random.default_rng(8).uniform(0, 1, (2, 80))
    lon = WEST + 3 * SIDE - 0.003 * strip[0]
    there = Batch(batch.connection, lon, SOUTH + 0.002 + 0.016 * strip[1], [])
    silent = [Witness()] * 80
    found = fit_of(batch.connection, there.read_as("wgs84", "gcj02"), "wgs84", silent, TODAY)

    assert found.system == "gcj02"
    assert fit_of(batch.connection, there.read_as("wgs84"), "wgs84", silent, TODAY) is None


def test_stated_grids_are_witnesses_too(batch: Batch):
    true = batch.read_as("wgs84")
    at_edge = [n for n, p in enumerate(true) if 0.55 < (p.lon - WEST) / SIDE % 1 < 0.95][:200]
    codes = {}
    for n in at_edge:
        x, y = int((true[n].lon - WEST) / SIDE), int((true[n].lat - SOUTH) / SIDE)
        codes[n] = ("DEF", "ABC")[y][x]
    shifted = batch.read_as("gcj02", "wgs84")
    witnesses = [Witness("", codes[n], "") for n in at_edge]
    found = fit_of(batch.connection, [shifted[n] for n in at_edge], "gcj02", witnesses, TODAY)

    assert found is None or found.system == "wgs84"
    assert fit_of(batch.connection, [true[n] for n in at_edge], "wgs84", witnesses, TODAY) is None


@pytest.mark.parametrize("heading", ["地址", "详细地址"])
def test_a_file_of_points_is_checked_by_its_other_columns(batch: Batch, tmp_path: Path, heading):
    x, y = convert(batch.lon, batch.lat, "wgs84", "gcj02")
    lines = [f"{x[n]:.7f},{y[n]:.7f},{batch.addresses[n]}" for n in range(300)]
    file = tmp_path / "points.csv"
    file.write_text("\n".join([f"经度,纬度,{heading}", "x,y,坏行", *lines]), "utf-8")

    check_points(batch.connection, read_points(file, "经度", "纬度", crs="gcj02"), TODAY)
    with pytest.raises(BadInput, match="crs_misfit"):
        check_points(batch.connection, read_points(file, "经度", "纬度", crs="wgs84"), TODAY)
