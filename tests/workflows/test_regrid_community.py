"""Better grids for a community: a report, a draft edition, and in force like any other one."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from shapely import LineString
from sqlalchemy import Connection, text

from api.regrid_commands import regrid as command
from data.barriers import read_barriers
from gis.accounts import Grant, Role
from gis.codes import CodePattern
from gis.errors import BadFile, BadInput, NotFound
from gis.model import Point
from gis.places import Building
from gis.proposals import SplitAlong
from gis.regridding import Measure
from gis.sheets import Sheet, Stated
from gis.store import editions
from gis.store.activation import activate
from gis.store.barriers import keep_barriers
from gis.workflows.import_places import KEEP, import_buildings
from gis.workflows.propose_change import NEW, Change, look_at_change
from gis.workflows.regrid_community import RegridAsked, regrid_community
from tests.makers import NOW, TODAY, keep
from tests.sketch import SIDE, SOUTH, WEST, sketch
from tests.workflows.test_change_editions import somebody

LATER = NOW + timedelta(days=1)
ROAD = LineString([(WEST + 2 * SIDE, SOUTH - SIDE), (WEST + 2 * SIDE, SOUTH + 2 * SIDE)])


@pytest.fixture(scope="module", autouse=True)
def built(ground: Connection) -> None:
    """Community 500 with grids 500001 (three squares) and 500002 (one); 16 houses of 50."""
    keep(ground, sketch("K K K K"), level="community", edition="社区")
    ground.execute(text("UPDATE region_code SET code = '500'"))
    rows = sketch("A A A B", parents={"A": "500", "B": "500"}, names={"A": "一格", "B": "二格"})
    codes = {"A": "500001", "B": "500002"}
    keep(
        ground,
        [type(r)(r.row, codes[r.code], r.name, r.parent_code, r.shape) for r in rows],
        edition="网格",
    )
    houses = [
        Building(
            f"{x}-{y}",
            "楼",
            "",
            50,
            Point(WEST + (x + 0.5) * SIDE / 2, SOUTH + (y + 0.5) * SIDE / 2),
        )
        for x in range(8)
        for y in range(2)
    ]
    fields = frozenset({"name", "households", "point"})
    import_buildings(
        ground, Sheet([Stated(n, one) for n, one in enumerate(houses)], fields), TODAY, KEEP
    )


@pytest.fixture
def town(connection: Connection) -> Connection:
    return connection


def test_a_report_alone_writes_nothing(town):
    before = len(editions.all_editions(town))
    report = regrid_community(town, RegridAsked("500", 400, lines=[ROAD]), NOW)
    proposed = report.proposed
    assert [one.weight for one in proposed.grids] == [400, 400]
    assert (proposed.before.least, proposed.before.most, proposed.before.within) == (200, 600, 0)
    assert report.judged.stopping == []
    assert [(row.code, row.name) for row in report.rows] == [("500001", "一格"), ("500002", "二格")]
    assert len(editions.all_editions(town)) == before


def test_a_draft_of_it_is_activated_like_any_edition_and_takes_the_buildings_along(town):
    regrid_community(town, RegridAsked("500", 200, lines=[ROAD], draft="优化"), NOW)
    done = activate(town, "优化", LATER)
    assert done.added == ("500003", "500004"), "codes go on where they ended"
    assert done.rehomed.buildings.homeless == 0
    weights = town.execute(
        text(
            "SELECT sum(b.households) FROM building b JOIN place_home h ON h.object_id = b.id"
            " AND h.kind = 'building' AND upper_inf(h.known) AND upper_inf(h.valid)"
            " GROUP BY h.region_id"
        )
    ).scalars()
    assert list(weights) == [200] * 4


def test_buildings_of_one_group_stay_in_one_grid(town):
    """Of the four columns of houses on each side of the road, two and two belong together."""
    groups = {f"{x}-{y}": ("一组", "二组")[x in (1, 2, 3)] for x in range(4) for y in range(2)}
    report = regrid_community(town, RegridAsked("500", 200, lines=[ROAD], groups=groups), NOW)
    of_grid = {code: n for n, one in enumerate(report.proposed.grids) for code in one.units}
    for group in ("一组", "二组"):
        assert len({of_grid[code] for code, name in groups.items() if name == group}) == 1, group
    assert report.judged.stopping == []
    with pytest.raises(BadInput):
        regrid_community(town, RegridAsked("500", 200, groups={"elsewhere": "一组"}), NOW)


def test_new_grids_are_numbered_in_the_form_of_the_deployment(town):
    own = CodePattern.of("{parent}-{number:02}", "[0-9]{3}-[0-9]{2}")
    asked = RegridAsked("500", 200, lines=[ROAD], pattern=own, draft="一")
    codes = {one.code for one in regrid_community(town, asked, NOW).rows}
    assert codes == {"500001", "500002", "500-01", "500-02"}
    again = regrid_community(town, RegridAsked("500", 200, lines=[ROAD], pattern=own), NOW)
    new = {one.code for one in again.rows} - {"500001", "500002"}
    assert new == {"500-03", "500-04"}, "given once"
    planner = somebody(town, "planner", Grant(Role.PLANNER))
    split = Change("500", [SplitAlong("500001", ROAD, NEW)], pattern=own)
    assert "500-03" in {one.code for one in look_at_change(town, planner, split, NOW).grids}


def test_barriers_are_kept_by_their_source_and_grids_end_there(town):
    assert keep_barriers(town, "道路", "road", [ROAD, ROAD]) == 0
    assert keep_barriers(town, "道路", "road", [ROAD]) == 2
    report = regrid_community(town, RegridAsked("500", 400), NOW)
    east = next(one for one in report.proposed.grids if one.code == "500002")
    assert east.shape.bounds[0] == pytest.approx(WEST + 2 * SIDE, abs=2e-7)


def test_buildings_or_open_matters_can_be_balanced_instead(town):
    asked = RegridAsked("500", 4, Measure.BUILDINGS, lines=[ROAD])
    assert [one.weight for one in regrid_community(town, asked, NOW).proposed.grids] == [4] * 4
    with pytest.raises(BadInput):
        regrid_community(town, RegridAsked("500", 4, Measure.MATTERS), NOW)


def test_what_cannot_be_proposed_says_so(town):
    with pytest.raises(NotFound):
        regrid_community(town, RegridAsked("999", 400), NOW)
    with pytest.raises(BadInput):
        regrid_community(town, RegridAsked("500", 0), NOW)


def feature(geometry: str, coordinates: object, **more: object) -> dict[str, object]:
    shape = {"type": geometry, "coordinates": coordinates}
    return {"type": "Feature", "properties": more, "geometry": shape}


def test_lines_and_the_outlines_of_areas_are_barriers_and_only_those_asked_for(tmp_path: Path):
    features = [
        feature("LineString", [[121.0, 31.0], [121.1, 31.1]], kind="road"),
        feature("Polygon", [[[121, 31], [121.1, 31], [121.1, 31.1], [121, 31]]], kind="river"),
        feature("Point", [121.0, 31.0], kind="road"),
    ]
    file = tmp_path / "lines.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    assert [one.geom_type for one in read_barriers(file)] == ["LineString", "LineString"]
    assert len(read_barriers(file, only={"kind": "river"})) == 1
    file.write_text(json.dumps({"type": "FeatureCollection", "features": features[2:]}))
    with pytest.raises(BadFile):
        read_barriers(file)


def test_the_command_says_what_would_change_and_keeps_a_draft_when_told(
    town: Connection, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    class There:
        def __enter__(self):
            return self

        def __exit__(self, *_):
            return None

        def begin(self):
            return _Same(town)

    monkeypatch.setattr("api.regrid_commands.open_database", lambda: There())
    command(community="500", target=400, draft="优化")
    said = capsys.readouterr().out
    assert "500001" in said
    assert "优化" in said
    assert [one.name for one in editions.all_editions(town) if one.state == "draft"] == ["优化"]


class _Same:
    """The test's own connection as a transaction that is left open."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def __enter__(self) -> Connection:
        return self._connection

    def __exit__(self, *_: object) -> None:
        return None
