"""One value for every form: classes as printed, weakest first, gaps in order, who reaches in."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.coverage import NO_REGION, Homes, Parts, served_within
from gis.coverage_plan import Band, CoveragePlan, Place, band_of, reach_in
from gis.facility_kinds import facility_kinds
from gis.model import Point
from gis.places import Facility, FacilityStatus, ServingLevel

KIND = facility_kinds()["elderly_station"]
DAY = date(2026, 11, 22)
MIDDLE = Point(106.5, 29.5)

counts = st.integers(min_value=0, max_value=10_000)


def station(code: str, point: Point | None = MIDDLE, **more: object) -> Facility:
    values = {"kind": KIND.code, "name": code, "status": FacilityStatus.OPEN, **more}
    return Facility(code=code, point=point, **values)  # type: ignore[arg-type]


def plan_of(rows: list[tuple[int, float | None, str]], *facilities: Facility) -> CoveragePlan:
    """Buildings as (households, degrees east of the station or None, grid)."""
    away = [np.nan if east is None else MIDDLE.lon + east for _, east, _ in rows]
    grids = [grid for _, _, grid in rows]
    homes = Homes(
        np.array([f"b{n:03}" for n in range(len(rows))], dtype=object),
        np.array(away, dtype=np.float64),
        np.where(np.isnan(np.array(away, dtype=np.float64)), np.nan, MIDDLE.lat),
        np.array([households for households, _, _ in rows], dtype=np.int64),
        np.array(grids, dtype=object),
        np.array([NO_REGION] * len(rows), dtype=object),
    )
    stations = facilities or (station("s"),)
    return CoveragePlan(
        coverage=served_within(homes, stations, KIND, 500.0),
        region=None,
        above=(),
        below=(),
        day=DAY,
        known_at=datetime(2026, 11, 22, tzinfo=UTC),
        as_it_stands=True,
        standard=KIND.standard_on(DAY),
        own_radius=True,
        grids={grid: Place("grid", grid, grid) for grid in grids if grid},
        communities={},
        community_of={},
        shown=stations,
        sources=(),
        box=None,
    )


buildings = st.lists(
    st.tuples(
        st.integers(0, 50),
        st.none() | st.floats(0, 0.02, allow_nan=False),
        st.sampled_from(["A", "B", "C", NO_REGION]),
    ),
    max_size=30,
)


@given(counts, counts, counts)
def test_the_class_is_that_of_the_share_as_printed(served: int, unserved: int, unknown: int):
    parts = Parts(served, unserved, unknown)
    band = band_of(parts)

    if not parts.whole:
        assert band is Band.EMPTY
    elif 2 * unknown > parts.whole:
        assert band is Band.UNKNOWN
    else:
        assert parts.percent is not None
        least = {"under_40": 0, "from_40": 40, "from_60": 60, "from_75": 75, "from_90": 90}
        above = {"under_40": 40, "from_40": 60, "from_60": 75, "from_75": 90, "from_90": 101}
        assert least[band.value] <= parts.percent[0] < above[band.value]


@settings(deadline=None)
@given(buildings)
def test_the_lines_of_the_grids_add_up_to_the_total_and_the_weakest_comes_first(rows):
    plan = plan_of(rows)
    scores, total = plan.grid_scores(), plan.coverage.total().households

    sums = [sum(getattr(s.tally.households, p) for s in scores) for p in ("served", "unserved")]
    assert sums == [total.served, total.unserved]
    assert sum(s.tally.households.unknown for s in scores) == total.unknown
    ranked = [s for s in scores if s.band not in (Band.EMPTY, Band.UNKNOWN)]
    shares = [s.tally.households.percent[0] for s in ranked if s.tally.households.percent]
    assert shares == sorted(shares)
    assert scores[: len(ranked)] == ranked
    good, inhabited = plan.good_grids()
    assert good == sum(share >= 90 for share in shares)
    assert inhabited == sum(s.tally.households.whole > 0 for s in scores)


@settings(deadline=None)
@given(buildings, st.integers(1, 8))
def test_the_listed_gaps_are_the_first_of_all_gaps(rows, most):
    plan = plan_of(rows)

    expected = [one.building for one in plan.coverage.gaps()]
    assert [one.building for one in plan.gaps(most)] == expected[:most]
    assert len(expected) == plan.coverage.total().buildings.unserved


def test_a_grid_without_buildings_has_its_line_and_a_class_of_its_own():
    plan = plan_of([(3, 0.0, "A")])
    more = CoveragePlan(
        **{
            name: getattr(plan, name)
            for name in CoveragePlan.__dataclass_fields__
            if name != "grids"
        },
        grids={"A": Place("grid", "A", "a"), "B": Place("grid", "B", "b")},
    )

    found = [(score.code, score.band) for score in more.grid_scores()]
    assert found == [("A", Band.FROM_90), ("B", Band.EMPTY)]
    assert more.good_grids() == (1, 1)


def test_only_an_open_facility_of_its_kinds_own_level_counts():
    plan = plan_of([(1, 0.0, "A")])

    assert plan.counts(station("s"))
    assert plan.counts(station("s", level=KIND.level))
    assert not plan.counts(station("s", level=ServingLevel.COUNTY))
    assert not plan.counts(station("s", status=FacilityStatus.BUILDING))


def test_the_outline_shows_what_counts_and_is_empty_without_it():
    closed = station("s", status=FacilityStatus.CLOSED)

    assert plan_of([(1, 0.0, "A")], closed, station("t", None)).outline().is_empty
    (circle,) = plan_of([(1, 0.0, "A")], closed, station("t")).outline().geoms
    west, south, east, north = circle.bounds
    assert abs((east - west) * 96_900 - 1000) < 3
    assert abs((north - south) * 110_850 - 1000) < 3


def test_a_facility_reaches_in_when_a_located_building_is_within_the_radius():
    homes = plan_of([(1, 0.0, "A"), (1, None, "A")]).coverage.homes
    near, far = station("near"), station("far", Point(106.6, 29.5))

    assert reach_in([far, near, station("nowhere", None)], homes, 500.0) == [near]
    assert reach_in([near], plan_of([(1, None, "A")]).coverage.homes, 500.0) == []
