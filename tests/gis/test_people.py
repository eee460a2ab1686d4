"""Posts: whose grid it is, at which instant."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from gis.people import Post, PostRole, RegionRef, twice_responsible, vacancies

GRID = RegionRef("grid", "500199001001001")
OTHER = RegionRef("grid", "500199001001002")
START = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def post(member: str, grid: RegionRef, since: datetime, until: datetime | None = None) -> Post:
    return Post(member, PostRole.GRID_MEMBER, grid, since, until, responsible=True)


def test_a_grid_is_vacant_from_the_instant_its_post_ends_to_the_one_the_next_begins():
    posts = [post("张", GRID, START, START + DAY), post("李", GRID, START + 2 * DAY)]

    assert vacancies([GRID, OTHER], posts, START) == [OTHER]
    assert vacancies([GRID], posts, START + DAY) == [GRID]
    assert vacancies([GRID], posts, START + 2 * DAY) == []


def test_only_a_responsible_post_fills_a_grid():
    helper = Post("王", PostRole.PART_TIME_MEMBER, GRID, START)

    assert vacancies([GRID], [helper], START) == [GRID]


def test_a_region_of_another_level_with_the_same_code_is_another_place():
    assert vacancies([GRID], [post("张", RegionRef("net", GRID.code), START)], START) == [GRID]


def test_two_members_responsible_for_one_grid_at_one_time_are_found_whatever_their_order():
    later, open_end = post("李", GRID, START + DAY), post("张", GRID, START)

    assert twice_responsible([later, open_end]) == [(open_end, later)]


def test_a_post_may_begin_the_instant_another_ends():
    posts = [post("张", GRID, START, START + DAY), post("李", GRID, START + DAY)]

    assert twice_responsible(posts) == []
    assert twice_responsible([post("张", GRID, START), post("李", OTHER, START)]) == []
