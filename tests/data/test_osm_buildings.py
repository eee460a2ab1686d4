"""Buildings out of OpenStreetMap files: footprints, tags, numbers, and what is not whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.buildings import read_buildings
from data.incoming import is_osm
from data.osm_buildings import read_osm_buildings
from data.osm_compounds import read_osm_compounds
from data.sheets import Asked
from gis.errors import BadFile

SAMPLE = Path(__file__).parents[1] / "files" / "helsinki_buildings.osm.pbf"
CORNERS = [(29.5601, 106.5601), (29.5601, 106.5603), (29.5603, 106.5603), (29.5603, 106.5601)]
YARD = [(29.56015, 106.56015), (29.56015, 106.56025), (29.56025, 106.56025)]
TAGGED = {"building": "apartments", "building:levels": "18", "building:flats": "72", "name": "3幢"}
ROAD = {"addr:street": "滨河路", "addr:housenumber": "18号附3"}


def tags(given: dict[str, str]) -> str:
    return "".join(f'<tag k="{key}" v="{value}"/>' for key, value in given.items())


def way(number: int, refs: list[int], given: dict[str, str]) -> str:
    nodes = "".join(f'<nd ref="{ref}"/>' for ref in refs)
    return f'<way id="{number}">{nodes}{tags(given)}</way>'


@pytest.fixture
def town(tmp_path) -> Path:
    """A house, another with a yard, one cut through, one that isn't there any more."""
    numbered = enumerate(CORNERS + YARD, start=1)
    nodes = [f'<node id="{n}" lat="{lat}" lon="{lon}"/>' for n, (lat, lon) in numbered]
    ring, yard = [1, 2, 3, 4, 1], [5, 6, 7, 5]
    members = '<member type="way" ref="12" role="outer"/><member type="way" ref="13" role="inner"/>'
    given = tags({"type": "multipolygon", "building": "yes", "building:levels": "5;6", **ROAD})
    parts = [
        *nodes,
        way(11, ring, TAGGED),
        way(12, ring, {}),
        way(13, yard, {}),
        way(14, [1, 2, 99, 1], {"building": "yes"}),
        way(15, ring, {"building": "no"}),
        way(16, yard, {"building": "kiosk", "name": "Kiosk", "name:zh": "报亭"}),
        f'<relation id="20">{members}{given}</relation>',
    ]
    file = tmp_path / "town.osm"
    file.write_text(f'<?xml version="1.0"?><osm version="0.6">{"".join(parts)}</osm>', "utf-8")
    return file


def test_tags_become_names_addresses_storeys_and_households(town):
    sheet = read_osm_buildings(town, Asked())
    found = {one.item.code: one.item for one in sheet.rows}

    assert set(found) == {"osm-w11", "osm-r20", "osm-w14", "osm-w16"}
    house, yard = found["osm-w11"], found["osm-r20"]
    assert (house.name, house.storeys, house.households) == ("3幢", 18, 72)
    assert (yard.name, yard.address, yard.storeys) == ("18号附3", "滨河路18号附3", None)
    assert len(yard.shape.geoms[0].interiors) == 1
    assert found["osm-w16"].name == "报亭"
    assert house.shape.bounds == pytest.approx((106.5601, 29.5601, 106.5603, 29.5603), abs=1e-9)
    assert sheet.crs_used == "wgs84"


def test_a_footprint_that_is_not_whole_is_left_out_by_its_code_and_an_odd_number_is_a_note(town):
    sheet = read_osm_buildings(town, Asked())

    told = {(one.key, one.stops) for one in sheet.faults}
    assert told == {("row.osm_footprint", True), ("row.osm_number", False)}
    (cut,) = (one for one in sheet.faults if one.stops)
    assert cut.values == {"code": "osm-w14"}


def test_a_packed_file_of_real_buildings_is_read_as_it_is():
    """Forty buildings of Helsinki, four of them relations with yards."""
    assert is_osm(SAMPLE)
    sheet = read_osm_buildings(SAMPLE, Asked())
    found = [one.item for one in sheet.rows]

    assert len(found) == 40
    assert [one.values["value"] for one in sheet.faults] == ["3.5", "2.5", "2.5", "3.5"]
    assert not any(one.stops for one in sheet.faults)
    assert sum(one.code.startswith("osm-r") for one in found) == 4
    named = [one for one in found if one.address]
    assert len(named) >= 20
    assert all(one.address[-1].isalnum() and " " in one.address for one in named)
    assert all(24.9 < one.point.lon < 25.0 and 60.1 < one.point.lat < 60.2 for one in found)


def test_what_is_no_openstreetmap_file_stays_what_it_is(tmp_path):
    page = tmp_path / "town.osm"
    page.write_text("<html><body>not found</body></html>", "utf-8")
    broken = tmp_path / "broken.osm.pbf"
    broken.write_bytes(SAMPLE.read_bytes()[:-1])

    assert not is_osm(page)
    with pytest.raises(BadFile, match="file_kind"):
        read_buildings(page, Asked())
    with pytest.raises(BadFile, match="file_damaged"):
        read_osm_buildings(broken, Asked())
    with pytest.raises(BadFile, match="osm_options"):
        read_osm_buildings(SAMPLE, Asked(crs="gcj02"))


def test_named_residential_areas_are_offered_as_compounds(tmp_path):
    numbered = enumerate(CORNERS, start=1)
    nodes = [f'<node id="{n}" lat="{lat}" lon="{lon}"/>' for n, (lat, lon) in numbered]
    ring = [1, 2, 3, 4, 1]
    home = {"landuse": "residential"}
    members = '<member type="way" ref="35" role="outer"/>'
    given = tags({"type": "multipolygon", **home, "name": "滨河苑"})
    parts = [
        *nodes,
        way(31, ring, {**home, "name": "Willow Park", "name:zh": "柳荫花园", **ROAD}),
        way(32, ring, home),
        way(33, ring, {"landuse": "retail", "name": "市场"}),
        way(34, ring, {"building": "yes", "name": "3幢"}),
        way(35, ring, {}),
        way(36, [1, 2, 99, 1], {**home, "name": "半个小区"}),
        f'<relation id="40">{members}{given}</relation>',
    ]
    file = tmp_path / "town.osm"
    file.write_text(f'<?xml version="1.0"?><osm version="0.6">{"".join(parts)}</osm>', "utf-8")
    sheet = read_osm_compounds(file, Asked())
    found = {one.item.code: one.item for one in sheet.rows}

    assert (found["osm-w31"].name, found["osm-w31"].address) == ("柳荫花园", "滨河路18号附3")
    assert found["osm-r40"].name == "滨河苑"
    assert found["osm-r40"].shape is not None
    assert {"osm-w32", "osm-w33", "osm-w34", "osm-w35"}.isdisjoint(found)
    assert "property_mode" not in sheet.fields, "nobody said it"
    assert [(one.key, one.stops) for one in sheet.faults] == [("row.osm_footprint", True)]
    assert {one.item.code for one in read_osm_buildings(file, Asked()).rows} == {"osm-w34"}
