"""The commands that bring in places and people, as a person types them."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
from sqlalchemy import text
from typer.testing import CliRunner, Result

from api.cli import build
from api.place_commands import sentence
from data import buildings, compounds, facilities, members, organisations
from gis.errors import BadInput
from gis.sheets import RowFault
from gis.store.database import connect_engine
from gis.store.roles import APP, OWNER
from tests.makers import keep
from tests.sketch import sketch


@pytest.fixture
def url(cluster, own_database, tmp_path, monkeypatch):
    """A town of the community K over the grids A and B."""
    monkeypatch.setenv("WANGGE_DATABASE_URL", cluster.url(APP, own_database))
    monkeypatch.setenv("WANGGE_MIGRATE_URL", cluster.url(OWNER, own_database))
    monkeypatch.setenv("WANGGE_LANG", "en")
    monkeypatch.chdir(tmp_path)
    engine = connect_engine(cluster.url(APP, own_database), pool_size=1)
    with engine.begin() as connection:
        keep(connection, sketch("K K"), level="community", edition="communities")
        keep(connection, sketch("A B", parents={"A": "K", "B": "K"}))
    engine.dispose()
    return cluster.url(APP, own_database)


def wangge(*arguments: str) -> Result:
    return CliRunner().invoke(build(arguments[0]), list(arguments))


def written(name: str, content: str) -> str:
    Path(name).write_text(content, encoding="utf-8")
    return name


def answers(url: str, question: str) -> list[tuple]:
    engine = connect_engine(url, pool_size=1)
    with engine.connect() as connection:
        found = [tuple(row) for row in connection.execute(text(question))]
    engine.dispose()
    return found


def test_a_whole_community_comes_in_by_its_lists(url):
    units = (
        "编码,名称,类型,层级,区划代码,承办类型\nP1,甲物业,物业公司,community,K,property_company\n"
    )
    estates = "编码,名称,物业管理方式,物业公司\nC1,甲苑,物业公司,P1\n"
    houses = "编码,名称,户数,小区,lon,lat\nb1,1幢,24,C1,106.505,29.505\nb2,2幢,8,,106.515,29.505\n"
    places = "编码,类型,名称,状态,楼栋\nf1,community_canteen,食堂,开放,b2\n"
    people = "编码,姓名,岗位,网格,责任\nm1,示例甲,网格员,A,是\nm2,示例乙,代管,B,\n"
    kind = next(iter(facilities.facility_kinds()))
    places = places.replace("community_canteen", kind)

    for what, content, more in (
        ("organisations", units, ()),
        ("compounds", estates, ()),
        ("buildings", houses, ("--crs", "cgcs2000")),
        ("facilities", places, ()),
        ("members", people, ()),
    ):
        asked = ("import", what, written(f"{what}.csv", content), *more)
        looked, table = wangge(*asked), {"organisations": "organisation", "facilities": "facility"}
        assert (looked.exit_code, "--commit" in looked.output) == (0, True), looked.output
        name = table.get(what, what.removesuffix("s"))
        assert answers(url, f"SELECT count(*) FROM {name}") == [(0,)]
        kept = wangge(*asked, "--commit")
        assert kept.exit_code == 0, kept.output
        again = wangge(*asked, "--commit")
        assert "0 new, 0 changed" in again.output, again.output

    homes = (
        "SELECT kind, c.code FROM place_home h JOIN region_code c USING (region_id) ORDER BY 1, 2"
    )
    assert answers(url, homes) == [("building", "A"), ("building", "B"), ("facility", "B")]
    vacant = wangge("member", "vacancies").output
    assert "B" in vacant
    assert "示例乙" in vacant
    assert "1 grids are vacant" in vacant
    assert "1 grids" in wangge("member", "vacancies", "--region", "community:K").output


def test_bad_rows_are_told_with_row_and_value_and_stop_the_commit_unless_skipped(url):
    rows = "编码,名称,户数,网格\nb1,一幢,24,A\nb2,二幢,abc,A\nb3,三幢,5,Z\n"
    asked = ("import", "buildings", written("b.csv", rows), "--commit")
    refused = wangge(*asked)

    assert refused.exit_code == 1
    assert "row 3" in refused.output
    assert "“abc”" in refused.output
    assert "households" in refused.output
    assert "row 4" in refused.output
    assert answers(url, "SELECT count(*) FROM building") == [(0,)]
    skipped = wangge(*asked, "--skip-bad")
    assert skipped.exit_code == 0
    assert "2 rows" in skipped.output
    assert answers(url, "SELECT code FROM building") == [("b1",)]


def test_a_second_responsible_member_is_told_with_both_names_and_times(url):
    first = "编码,姓名,岗位,网格,起始,责任\nm1,示例甲,网格员,A,2026-01-01,是\n"
    wangge("import", "members", written("m.csv", first), "--commit")
    second = "编码,姓名,岗位,网格,起始,责任\nm2,示例乙,网格员,A,2026-07-01,是\n"
    refused = wangge("import", "members", written("n.csv", second), "--commit")

    assert refused.exit_code == 1
    assert "示例甲 (2026-01-01 – …)" in refused.output
    assert "示例乙 (2026-07-01 – …)" in refused.output
    handed_over = (
        "编码,姓名,岗位,网格,起始,截止,责任\n"
        "m1,示例甲,网格员,A,2026-01-01,2026-07-01,是\nm2,示例乙,网格员,A,2026-07-01,,是\n"
    )
    done = wangge("import", "members", written("o.csv", handed_over), "--commit")
    assert done.exit_code == 0, done.output
    assert answers(url, "SELECT count(*) FROM post WHERE responsible") == [(2,)]


def test_options_of_columns_are_written_field_and_heading(url):
    book = openpyxl.Workbook()
    book.active.append(("code", "名称", "总户数"))
    book.active.append(("b1", "一幢", 5))
    book.save("b.xlsx")

    named = wangge("import", "buildings", "b.xlsx", "--column", "households=总户数", "--commit")
    assert named.exit_code == 0, named.output
    slip = wangge("import", "buildings", "b.xlsx", "--column", "households")
    assert isinstance(slip.exception, BadInput)


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_a_fault_calls_a_column_as_files_may_call_it(monkeypatch, language):
    monkeypatch.setenv("WANGGE_LANG", language)
    fault = RowFault(3, "row.missing", {"field": "households", "value": ""})
    kinds = (buildings, compounds, facilities, members, organisations)

    word = "households" if language == "en" else "户数"
    assert word in sentence(fault, buildings.HEADINGS)
    assert all({"code", "name"} <= set(kind.NEEDED) <= set(kind.HEADINGS) for kind in kinds)


HOUSE = """<?xml version="1.0"?><osm version="0.6">
<node id="1" lat="29.5051" lon="106.5051"/><node id="2" lat="29.5051" lon="106.5053"/>
<node id="3" lat="29.5053" lon="106.5053"/><node id="4" lat="29.1" lon="106.5051"/>
<node id="5" lat="29.1" lon="106.5053"/><node id="6" lat="29.1002" lon="106.5053"/>
<way id="7"><nd ref="1"/><nd ref="2"/><nd ref="3"/><nd ref="1"/>{more}</way>
<way id="8"><nd ref="4"/><nd ref="5"/><nd ref="6"/><nd ref="4"/><tag k="building" v="yes"/></way>
</osm>"""
YES = '<tag k="building" v="yes"/>'
FLOORS = YES + '<tag k="building:levels" v="6"/><tag k="addr:street" v="甲路"/>'


def test_openstreetmap_brings_the_buildings_of_our_regions_and_wipes_nothing_out(url):
    number = '<tag k="addr:housenumber" v="1"/>'
    full = written("town.osm", HOUSE.format(more=FLOORS + number))
    looked = wangge("import", "buildings", full)
    assert (looked.exit_code, "© OpenStreetMap contributors" in looked.output) == (0, True)
    assert "1 outside were left out" in looked.output
    assert answers(url, "SELECT count(*) FROM building") == [(0,)]

    wangge("import", "buildings", full, "--commit")
    row = "SELECT code, name, address, storeys, households FROM building"
    assert answers(url, row) == [("osm-w7", "1", "甲路1号", 6, 0)]
    listed = "编码,名称,户数\nosm-w7,1幢,48\n"
    wangge("import", "buildings", written("own.csv", listed), "--commit")
    bare = written("bare.osm", HOUSE.format(more=YES + '<tag k="building:levels" v="7"/>'))
    again = wangge("import", "buildings", bare, "--commit")
    assert "1 changed" in again.output, again.output
    assert answers(url, row) == [("osm-w7", "1幢", "甲路1号", 7, 48)]


ESTATE = '<tag k="landuse" v="residential"/><tag k="name" v="柳荫花园"/>'


def test_openstreetmap_offers_compounds_and_takes_the_buildings_in_them(url):
    house = "编码,名称,户数,经度,纬度\nh1,1幢,12,106.50525,29.50515\nh2,2幢,9,106.5061,29.5061\n"
    wangge("import", "buildings", written("houses.csv", house), "--crs", "cgcs2000", "--commit")
    file = written("estates.osm", HOUSE.format(more=ESTATE))
    looked = wangge("import", "compounds", file)
    assert looked.exit_code == 0, looked.output
    assert "inside the regions: 1 (柳荫花园); 0 outside" in looked.output
    assert answers(url, "SELECT count(*) FROM compound") == [(0,)]

    wangge("import", "compounds", file, "--commit")
    joined = (
        "SELECT b.code, c.name, c.property_mode FROM building b"
        " LEFT JOIN compound c ON c.id = b.compound_id WHERE b.code IN ('h1', 'h2') ORDER BY b.code"
    )
    assert answers(url, joined) == [("h1", "柳荫花园", "none"), ("h2", None, None)]
    own = "编码,名称,物业管理方式\nosm-w7,柳荫花园一期,居民自管\n"
    wangge("import", "compounds", written("own.csv", own), "--commit")
    again = wangge("import", "compounds", file, "--commit")
    assert "1 changed" in again.output, again.output
    assert answers(url, joined)[0] == ("h1", "柳荫花园", "self_managed")


def test_named_roads_come_in_and_a_source_replaces_what_came_under_it(url):
    line = '{"type":"LineString","coordinates":[[106.5,29.5],[106.6,29.5]]}'
    one = f'{{"type":"Feature","properties":{{"路名":"滨河路"}},"geometry":{line}}}'
    file = written("roads.geojson", f'{{"type":"FeatureCollection","features":[{one}]}}')
    asked = ("import", "roads", file, "--name", "路名")

    assert "--commit" in wangge(*asked).output
    assert answers(url, "SELECT count(*) FROM road") == [(0,)]
    for _ in range(2):
        kept = wangge(*asked, "--commit")
        assert kept.exit_code == 0, kept.output
    assert answers(url, "SELECT source, name FROM road") == [("roads.geojson", "滨河路")]
