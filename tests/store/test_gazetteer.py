"""The gazetteer in the database answers as the one in memory does, and is never older than it."""

from __future__ import annotations

import random

import pytest
from sqlalchemy import Connection, text

from gis.gazetteer import Gazetteer, KnownAddress
from gis.gazetteer_regions import KnownRegion
from gis.model import AsOf, Point
from gis.store.gazetteer import match_addresses, region_names
from gis.store.known_addresses import KnownPlace, forget_known, keep_known, rehome
from gis.store.regions import region_ids
from tests.address_figures import WRITERS, Demo
from tests.makers import NOW, TODAY, keep
from tests.sketch import sketch

ABOVE = ("示例市",)


@pytest.fixture(scope="module")
def demo() -> Demo:
    return Demo()


def put_in_place(connection: Connection, demo: Demo, every: int = 1) -> dict[str, str]:
    """The demo's regions by themselves, without shapes, and some of its addresses."""
    ids = {}
    insert = text("INSERT INTO region (level_id, home_path) VALUES (:level, '{}') RETURNING id")
    edition = connection.execute(
        text(
            "INSERT INTO edition (name, level_id, source, sha256, crs, state, valid_from,"
            " activated_at) SELECT 'e', id, '', '', '', 'active', '2020-01-01', now() FROM level"
            " WHERE code = 'grid' RETURNING id"
        )
    ).scalar_one()
    levels = {row.code: row.id for row in connection.execute(text("SELECT code, id FROM level"))}
    rungs = ("county", "subdistrict", "community", "grid")
    paths: dict[str, list[int]] = {"": []}
    for one in sorted(demo.regions, key=lambda r: len(demo.names.chain(r.code))):
        level = rungs[len(demo.names.chain(one.code)) - 1]
        number = connection.execute(insert, {"level": levels[level]}).scalar_one()
        ids[one.code] = str(number)
        above = paths[one.parent]
        paths[one.code] = [*above, number]
        connection.execute(
            text(
                "INSERT INTO region_version (region_id, parent_id, path, valid, known, edition_id)"
                " VALUES (:id, :parent, :path, '[2020-01-01,)', '[2020-01-01,)', :edition)"
            ),
            {
                "id": number,
                "parent": above[-1] if above else None,
                "path": above,
                "edition": edition,
            },
        )
        connection.execute(
            text(
                "INSERT INTO region_name (region_id, name, valid) VALUES (:id, :n, '[2020-01-01,)')"
            ),
            {"id": number, "n": one.name},
        )
    keep_known(
        connection,
        (
            KnownPlace(f"building:{one.code}", one.address, region_id=int(ids[one.grid]))
            for one in demo.houses[::every]
        ),
    )
    return ids


def test_every_way_of_writing_means_the_same_in_the_database_and_in_memory(connection, demo):
    ids = put_in_place(connection, demo, every=3)
    grids = {one.code for one in demo.regions if len(demo.names.chain(one.code)) == 4}
    memory = Gazetteer(
        [
            KnownRegion(ids[r.code], "" if r.code in grids else r.name, ids.get(r.parent, ""))
            for r in demo.regions
        ],
        [
            KnownAddress(f"building:{h.code}", h.address, ids[h.grid], kind="building")
            for h in demo.houses[::3]
        ],
        ABOVE,
    )
    dice = random.Random("both")
    asked = [write(house, dice) for house in demo.houses[::157] for write in WRITERS.values()] + [
        "滨河路与滨江路交叉口",
        "",
        "我在哪",
        "😀",
        "'; DROP TABLE known_address; --" * 300,
    ]
    found = match_addresses(connection, asked, TODAY, ABOVE)

    assert [
        (one, f.place, f.region, f.level, f.score, f.candidates)
        for one, f in zip(asked, found, strict=True)
    ] == [
        (one, m.place, m.region, m.level, m.score, m.candidates)
        for one, m in ((one, memory.match(one)) for one in asked)
    ]
    assert sum(one.place is not None for one in found) > 100


def known(connection: Connection, *texts: str) -> list[str | None]:
    return [one.place for one in match_addresses(connection, texts, TODAY)]


def test_a_changed_address_is_found_by_its_new_words_only(connection):
    keep_known(connection, [KnownPlace("building:1", "滨河路18号")])
    keep_known(connection, [KnownPlace("building:1", "滨江路20号", aliases=("老粮站",))])

    assert known(connection, "滨河路18号", "滨江路20号", "老粮站旁边") == [
        None,
        "building:1",
        "building:1",
    ]


def test_the_same_list_again_changes_nothing(connection):
    places = [KnownPlace("building:1", "滨河路18号", point=Point(106.5, 29.5))]
    assert keep_known(connection, places).added == ("building:1",)
    again = keep_known(connection, places)

    assert (again.added, again.changed, again.unchanged) == ((), (), 1)


def test_what_is_forgotten_is_not_found(connection):
    keep_known(connection, [KnownPlace("building:1", "滨河路18号")])
    forget_known(connection, ["building:1"])

    assert known(connection, "滨河路18号", "滨何路18号") == [None, None]


def test_a_shop_does_not_compete_with_its_house_but_two_houses_do(connection):
    house, shop = KnownPlace("building:1", "滨河路18号"), KnownPlace("facility:9", "滨河路18号")
    keep_known(connection, [house, shop])
    assert known(connection, "滨河路18号") == ["building:1"]

    keep_known(connection, [KnownPlace("building:2", "滨河路18号")])
    assert known(connection, "滨河路18号") == [None]


def test_a_compound_is_found_by_its_name_beside_its_buildings(connection):
    houses = [KnownPlace(f"building:{n}", f"建设路5号滨河苑{n}幢") for n in range(1, 4)]
    keep_known(connection, [*houses, KnownPlace("compound:C", "建设路5号滨河苑")])

    assert known(connection, "滨河苑", "滨河苑2幢", "滨河苑9幢") == [
        "compound:C",
        "building:2",
        None,
    ]


def test_names_of_regions_are_those_of_today(connection):
    keep(connection, sketch("A"), level="community", edition="一")
    before = region_names(connection, TODAY)
    keep(connection, sketch("A B"), level="community", edition="二", valid_from=NOW.date())
    number = region_ids(connection, {("community", "B")}, TODAY)["community", "B"]

    assert before is not region_names(connection, TODAY)
    assert region_names(connection, AsOf.at(NOW)).chain(str(number)) == (str(number),)


def test_addresses_of_a_region_that_ended_are_located_anew(connection):
    keep(connection, sketch("A A"), edition="一")
    old = region_ids(connection, {("grid", "A")}, TODAY)["grid", "A"]
    places = [Point(106.505, 29.505), Point(106.515, 29.505), Point(107.5, 29.5)]
    keep_known(
        connection,
        [KnownPlace(f"imported:{n}", f"滨河路{n}号", "", (), old, p) for n, p in enumerate(places)],
    )
    keep(connection, sketch("B C"), edition="二", valid_from=NOW.date())
    new = region_ids(connection, {("grid", "B"), ("grid", "C")}, TODAY)

    assert rehome(connection, TODAY) == 3
    assert rehome(connection, TODAY) == 0
    found = [one.region for one in match_addresses(connection, ["滨河路0号", "滨河路1号"], TODAY)]
    assert found == [str(new["grid", "B"]), str(new["grid", "C"])]
