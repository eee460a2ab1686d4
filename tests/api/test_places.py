"""Buildings, facilities, members, vacancies and organisations over HTTP, within the scope."""

from __future__ import annotations

from datetime import timedelta

import pytest
import shapely
from sqlalchemy import text

from gis.accounts import Grant, Role
from gis.model import Point
from gis.people import (
    BuildingRef,
    Member,
    Organisation,
    OrganisationKind,
    OrganisationRef,
    PostRole,
    RegionRef,
    StaffLine,
)
from gis.places import Building, Compound, Facility, FacilityStatus, PropertyMode
from gis.sheets import Sheet, Stated
from gis.store.regions import region_ids
from gis.workflows.import_people import import_organisations, import_staff
from gis.workflows.import_places import (
    KEEP,
    import_buildings,
    import_compounds,
    import_facilities,
)
from tests.makers import NOW, TODAY, keep
from tests.sketch import sketch

LONG = NOW - timedelta(days=40)
GRID_A, GRID_B, GRID_C = (RegionRef("grid", code) for code in "ABC")


def sheet(*items) -> Sheet:
    names = set(type(items[0]).__dataclass_fields__) | {"name", "phone"}
    return Sheet([Stated(row, one) for row, one in enumerate(items, 1)], frozenset(names))


def box(lon: float) -> shapely.Polygon:
    return shapely.box(lon, 29.505, lon + 0.0002, 29.5052)


@pytest.fixture(scope="module", autouse=True)
def town(ground):
    """Community K over A and B, L over C; a building in each grid, people in A and C."""
    keep(ground, sketch("K K L"), level="community", edition="communities")
    keep(ground, sketch("A B C", parents={"A": "K", "B": "K", "C": "L"}))
    kinds = OrganisationKind
    organisations = (
        Organisation("K-C", "K居委会", kinds.RESIDENTS_COMMITTEE, RegionRef("community", "K")),
        Organisation("L-C", "L居委会", kinds.RESIDENTS_COMMITTEE, RegionRef("community", "L")),
        Organisation("P1", "物业", kinds.PROPERTY_COMPANY, GRID_A, "K-C", "000", ("gardens",)),
    )
    compound = Compound("C1", "甲苑", "", None, PropertyMode.COMPANY, property_company="P1")
    houses = (
        Building("b1", "1幢", "甲路1号", 11, Point(106.5051, 29.5051), box(106.505), 6, 2, "C1"),
        Building("b2", "2幢", "乙路2号", 22, Point(106.5151, 29.5051), box(106.515)),
        Building("b3", "3幢", "甲路3%号", 33, Point(106.5251, 29.5051)),
    )
    facilities = (
        Facility("f1", "square", "广场", FacilityStatus.OPEN, Point(106.505, 29.505)),
        Facility("f2", "school", "学校", FacilityStatus.PLANNED, building_code="b3"),
        Facility("f3", "square", "未定位", FacilityStatus.OPEN),
    )
    staff = (
        StaffLine(Member("m1", "示例甲", "1"), PostRole.GRID_MEMBER, GRID_A, LONG, None, True),
        StaffLine(Member("m1", "示例甲", "1"), PostRole.SUBSTITUTE, GRID_C, LONG),
        StaffLine(Member("m2", "示例乙", "2"), PostRole.BUILDING_HEAD, BuildingRef("b3"), LONG),
        StaffLine(Member("m3", "示例丙", "3"), PostRole.CLERK, OrganisationRef("L-C"), LONG),
        StaffLine(Member("m4", "示例丁", "4")),
    )
    import_organisations(ground, sheet(*organisations), TODAY, KEEP)
    import_compounds(ground, sheet(compound), TODAY, KEEP)
    import_buildings(ground, sheet(*houses), TODAY, KEEP)
    import_facilities(ground, sheet(*facilities), TODAY, KEEP)
    import_staff(ground, sheet(*staff), TODAY, KEEP)
    pairs = {("community", "K"), ("community", "L"), ("grid", "A")}
    return {code: number for (_, code), number in region_ids(ground, pairs, TODAY).items()}


@pytest.fixture
def clerk(town, signed_in):
    """A clerk of the community K."""
    return signed_in("clerk.k", Grant(Role.COMMUNITY_CLERK, town["K"]))


def get(client, path: str, **asked):
    answer = client.get(f"/api/v1/{path}", params=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


def codes(found: list[dict]) -> list[str]:
    return [one["code"] for one in found]


def near(client, lon: float, **more):
    asked = {"lon": lon, "lat": 29.5051, "crs": "wgs84", **more}
    return get(client, "buildings/near", **asked)["buildings"]


def test_the_building_around_a_place_comes_first_then_the_nearest_in_metres(clerk):
    inside, beside = near(clerk, 106.5051), near(clerk, 106.5053)

    assert [(one["code"], one["contains"], one["metres"]) for one in inside] == [("b1", True, 0)]
    assert [(one["code"], one["contains"]) for one in beside] == [("b1", False)]
    # 0.0001° of longitude at 29.5051° N on the ellipsoid: 9.7 m
    assert beside[0]["metres"] == pytest.approx(9.7, abs=0.05)
    edge = near(clerk, 106.5052)
    assert [(one["contains"], one["metres"]) for one in edge] == [(True, 0)]
    assert near(clerk, 106.5053, reach_m=9) == []
    wide = near(clerk, 106.5151, reach_m=1000)
    assert codes(wide) == ["b2", "b1", "b3"]
    assert codes(near(clerk, 106.5151, reach_m=1000, limit=2)) == ["b2", "b1"]
    assert wide[2]["metres"] == pytest.approx(969.7, abs=0.5)  # b3 has a point only


def test_buildings_near_a_place_tell_their_households_within_the_scope_only(clerk):
    found = near(clerk, 106.5201, reach_m=1000)

    assert [(one["code"], one["households"]) for one in found] == [("b2", 22), ("b3", None)]
    refused = clerk.get("/api/v1/buildings/near", params={"lon": 106.5, "lat": 29.5})
    assert refused.status_code == 422
    swapped = {"lon": 29.5051, "lat": 106.5051, "crs": "wgs84"}
    assert clerk.get("/api/v1/buildings/near", params=swapped).status_code == 422


def test_a_building_has_its_standard_address(clerk):
    assert get(clerk, "buildings/b1")["standard"] == "K甲路1号甲苑1幢"
    assert [one["standard"] for one in get(clerk, "buildings")["buildings"]][1] == "K乙路2号2幢"


def test_buildings_are_open_and_their_households_are_not(clerk):
    found = get(clerk, "buildings")["buildings"]

    assert [(one["code"], one["households"]) for one in found] == [
        ("b1", 11),
        ("b2", 22),
        ("b3", None),
    ]
    first, third = get(clerk, "buildings/b1"), get(clerk, "buildings/b3")
    assert (first["storeys"], first["stairwells"], first["grid"]["code"]) == (6, 2, "A")
    assert first["compound"] == {
        "code": "C1",
        "name": "甲苑",
        "property_mode": "company",
        "property_company": {"code": "P1", "name": "物业"},
    }
    assert first["footprint"]["type"] == "MultiPolygon"
    assert (third["address"], third["households"], third["storeys"]) == ("甲路3%号", None, None)
    assert clerk.get("/api/v1/buildings/none").status_code == 404


def test_buildings_are_found_by_words_and_by_region_and_paged(clerk):
    assert codes(get(clerk, "buildings", q="甲路")["buildings"]) == ["b1", "b3"]
    assert codes(get(clerk, "buildings", q="3%")["buildings"]) == ["b3"], "a sign, not a pattern"
    assert codes(get(clerk, "buildings", region="community:K")["buildings"]) == ["b1", "b2"]
    first = get(clerk, "buildings", limit=2)
    rest = get(clerk, "buildings", limit=2, after=first["next"])
    assert (codes(first["buildings"]), codes(rest["buildings"])) == (["b1", "b2"], ["b3"])
    assert rest["next"] is None


def test_shapes_of_buildings_come_by_box_with_the_properties_agreed(clerk):
    found = get(clerk, "buildings.geojson", bbox="106.5,29.5,106.52,29.51")

    assert (found["total"], found["truncated"]) == (2, False)
    assert found["features"][0]["properties"] == {
        "code": "b1",
        "name": "1幢",
        "address": "甲路1号",
        "households": 11,
        "grid": "A",
    }
    everywhere = get(clerk, "buildings.geojson", region="grid:C")["features"]
    assert everywhere[0]["geometry"]["type"] == "Point"
    assert everywhere[0]["properties"]["households"] is None


def test_too_many_shapes_are_cut_and_said_so(clerk, monkeypatch):
    monkeypatch.setattr("api.places.MOST_SHAPES", 1)
    for path in ("buildings.geojson", "facilities.geojson"):
        found = get(clerk, path)
        assert (len(found["features"]), found["truncated"]) == (1, True)
        assert found["total"] >= 2


def test_facilities_by_kind_status_region_and_box(clerk):
    assert codes(get(clerk, "facilities")["facilities"]) == ["f1", "f2", "f3"]
    assert codes(get(clerk, "facilities", kind="square")["facilities"]) == ["f1", "f3"]
    assert codes(get(clerk, "facilities", status="planned")["facilities"]) == ["f2"]
    assert codes(get(clerk, "facilities", region="grid:C")["facilities"]) == ["f2"]
    shown = get(clerk, "facilities.geojson")["features"]
    assert [one["id"] for one in shown] == ["f1", "f2"], "one that nobody located isn't on the map"
    west = get(clerk, "facilities.geojson", bbox="106.5,29.5,106.51,29.51")
    assert [one["id"] for one in west["features"]] == ["f1"]


def test_kinds_of_facility_come_with_the_rule_in_force_and_its_source(clerk):
    kinds = get(clerk, "facility-kinds")["kinds"]

    assert len(kinds) >= 50
    assert all(one["standard"] is None or one["standard"]["source"] for one in kinds)
    assert any(one["standard"] and one["standard"]["radius_m"] for one in kinds)
    before = get(clerk, "facility-kinds", at="1990-01-01")["kinds"]
    assert all(one["standard"] is None for one in before)


def test_members_are_seen_in_the_own_regions_only_and_with_posts_there_only(clerk):
    found = get(clerk, "members")["members"]

    assert codes(found) == ["m1"]
    assert [one["role"] for one in found[0]["posts"]] == ["grid_member"], "not the one in C"
    assert get(clerk, "members", region="community:L")["members"] == []


def test_who_may_see_everything_sees_every_member(town, signed_in):
    client = signed_in("dispatcher", Grant(Role.DISPATCHER))
    found = get(client, "members")["members"]

    assert codes(found) == ["m1", "m2", "m3", "m4"]
    assert [one["place"]["kind"] for one in found[1]["posts"] + found[2]["posts"]] == [
        "building",
        "organisation",
    ]
    assert codes(get(client, "members", region="community:L")["members"]) == ["m1", "m2", "m3"]


@pytest.mark.parametrize("held", [(), (Grant(Role.ACCOUNT_ADMIN),), (Grant(Role.AUDIT_ADMIN),)])
def test_without_a_role_of_work_nobody_sees_members_vacancies_or_households(town, signed_in, held):
    client = signed_in("nobody", *held)

    assert get(client, "members")["members"] == []
    assert get(client, "vacancies")["vacancies"] == []
    assert {one["households"] for one in get(client, "buildings")["buildings"]} == {None}
    shapes = get(client, "buildings.geojson")["features"]
    assert {one["properties"]["households"] for one in shapes} == {None}


@pytest.mark.parametrize("role", [Role.PLANNER, Role.HANDLING_UNIT, Role.DISCIPLINE])
def test_who_needn_t_reach_members_sees_none_of_them_but_households(town, signed_in, role):
    client = signed_in("somebody", Grant(role))

    assert get(client, "members")["members"] == []
    assert get(client, "vacancies")["vacancies"] == []
    assert {one["households"] for one in get(client, "buildings")["buildings"]} != {None}


def test_vacancies_name_who_stands_in_and_since_when(connection, town, signed_in):
    client = signed_in("dispatcher", Grant(Role.DISPATCHER))
    found = get(client, "vacancies")["vacancies"]
    assert [(one["code"], one["since"], one["substitute"]) for one in found] == [
        ("B", None, None),
        ("C", None, {"code": "m1", "name": "示例甲", "phone": "1"}),
    ]
    assert get(client, "vacancies", region="grid:A")["vacancies"] == []
    connection.execute(
        text("UPDATE post SET valid = tstzrange(lower(valid), :end) WHERE responsible"),
        {"end": NOW - timedelta(days=3)},
    )
    ended = get(client, "vacancies", region="grid:A")["vacancies"]
    assert ended[0]["since"].startswith("2026-11-19")
    assert get(client, "vacancies", region="grid:A", at="2026-11-10")["vacancies"] == []


def test_organisations_that_act_in_a_region_are_at_home_in_it_above_or_below(clerk):
    assert codes(get(clerk, "organisations")["organisations"]) == ["K-C", "L-C", "P1"]
    in_a = get(clerk, "organisations", region="grid:A")["organisations"]
    assert [(one["code"], one["parent"], one["handles"]) for one in in_a] == [
        ("K-C", None, []),
        ("P1", "K-C", ["gardens"]),
    ]
    assert codes(get(clerk, "organisations", region="grid:B")["organisations"]) == ["K-C"]


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"region": "K"}, 422),
        ({"region": "grid:none"}, 404),
        ({"after": "%%%"}, 422),
        ({"after": "AA"}, 422),
        ({"limit": 501}, 422),
        ({"q": "\x00"}, 422),
    ],
)
def test_what_cannot_be_asked_is_refused(clerk, asked, status):
    assert clerk.get("/api/v1/buildings", params=asked).status_code == status
