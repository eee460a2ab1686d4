"""Fill an empty database with the demo: regions, places, people, matters of sixty days, nets."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from gis.intake import CodeGiven, Contact, NewMatter, Origin, PointGiven, Thing
from gis.matters import Channel, MatterState
from gis.model import BEIJING, AsOf

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from data.demo import DemoMatter
    from gis.contacts import ContactSeal
    from gis.workflows.demo_matters import PastReport

UPSTREAM_DAYS: Final = 5  # what the hotline gives for an answer


def load_demo(connection: Connection, seal: Callable[[], ContactSeal], now: datetime) -> None:
    """Everything of the demo. Its regions and people are known since long before its matters.
    Changes of its boundaries need three approvals from then on.
    """
    from gis.workflows.demo_accounts import demo_steps

    load_demo_regions(connection, now)
    load_demo_places_and_people(connection, now)
    load_demo_history(connection, seal, now)
    load_demo_nets(connection, now)
    demo_steps(connection)  # last: what the demo puts in force itself nobody approved


def load_demo_regions(connection: Connection, now: datetime) -> None:
    """Put the made-up regions in force, judged like any other boundaries.

    Each edition is known from the morning of its own day, so that the past can be told.
    """
    from data.demo import demo_editions
    from gis.model import BoundaryFile
    from gis.workflows.import_boundaries import Keep, Wanted, import_boundaries

    for edition in demo_editions():
        file = BoundaryFile(edition.rows, "EPSG:4490", "EPSG:4490", "-", "合成示例 synthetic")
        wanted = Wanted(
            level=edition.level,
            edition=edition.name,
            valid_from=edition.valid_from,
            states_parent=edition.level != "county",
            keep=Keep.ACTIVE,
        )
        import_boundaries(connection, file, wanted, _known_since(edition.valid_from, now))


def load_demo_places_and_people(connection: Connection, now: datetime) -> None:
    """Put the made-up houses, facilities, organisations and people in place."""
    from data.demo import demo_city
    from gis.workflows.demo_city import load_demo_city

    city = demo_city()
    known = _known_since(city.editions[-1].valid_from, now)
    load_demo_city(
        connection,
        organisations=city.organisations,
        compounds=city.compounds,
        buildings=city.buildings,
        facilities=city.facilities,
        members=city.members,
        posts=city.posts,
        as_of=AsOf(known.astimezone(BEIJING).date(), known),
    )


def load_demo_history(
    connection: Connection, seal: Callable[[], ContactSeal], now: datetime
) -> None:
    """Take the made-up matters in and walk each on as far as it got."""
    from api.rules import rules
    from data.demo import demo_city, demo_matters
    from gis.workflows.demo_matters import load_demo_matters

    past = [_report(one) for one in demo_matters(demo_city(), now)]
    load_demo_matters(connection, past, rules(), seal, now)


def load_demo_nets(connection: Connection, now: datetime) -> None:
    """Match the made-up business nets to the grids and keep them, and contest some ground.

    The dispute is written down now, after the matters: none of them went to its temporary owner.
    """
    from data.demo import COUNTY, demo_dispute, demo_editions, demo_nets
    from gis.model import BoundaryFile
    from gis.store.regions import region_id_of
    from gis.workflows.keep_disputes import add_dispute
    from gis.workflows.match_net import MatchAsked, match_foreign

    since = demo_editions()[-1].valid_from
    known = _known_since(since, now)
    county = region_id_of(connection, "county", COUNTY[0], AsOf(since, known))
    for net in demo_nets():
        file = BoundaryFile(net.rows, "EPSG:4490", "EPSG:4490", "-", "合成示例 synthetic")
        asked = MatchAsked(net.code, net.name, net.kind, since, county, keep=True)
        match_foreign(connection, file, asked, known)
    add_dispute(connection, demo_dispute(AsOf.at(now).valid_on), now)


def _known_since(day: date, now: datetime) -> datetime:
    return min(datetime.combine(day, time(1), BEIJING), now)


def _report(one: DemoMatter) -> PastReport:
    from gis.workflows.demo_matters import PastReport

    channel = Channel(one.channel)
    upstream = channel in (Channel.HOTLINE, Channel.UPSTREAM)
    new = NewMatter(
        text=one.text,
        channel=channel,
        category=one.category,
        urgent=one.urgent,
        place=_place(one),
        contact=Contact(*one.contact) if one.contact else None,
        observed_at=one.observed_at,
        outer_no=f"12345-{one.key}" if channel is Channel.HOTLINE else None,
        due_at=one.observed_at + timedelta(days=UPSTREAM_DAYS) if upstream else None,
    )
    return PastReport(one.key, new, MatterState(one.reached), one.returned, one.grid)


def _place(one: DemoMatter) -> PointGiven | CodeGiven | None:
    if one.building is not None:
        return CodeGiven(Thing.BUILDING, one.building, by_qr=one.channel == "qr")
    if one.point is None:
        return None
    origin = Origin.GPS if one.channel in ("patrol", "qr") else Origin.PICK
    return PointGiven(one.point.lon, one.point.lat, "wgs84", origin, one.accuracy_m)
