"""Who and what is around new matters: the member, the organisation, open matters like them.

One statement for what `people.responsible_at` and `people.competent` ask one after the other, and
for several matters at once; the answers are the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from gis.coordinates import distance_m, metres_per_degree
from gis.governance.masking import masked
from gis.intake import Spot
from gis.model import GRID
from gis.people import OrganisationKind
from gis.store.database import as_json, rows
from gis.store.people import PROPERTY_COMPANY, OrganisationRow, Responsible
from gis.store.scope import scope_values

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from gis.accounts import Scope
    from gis.matters import DuplicateRule

MOST_SIMILAR: Final = 5


@dataclass(frozen=True, slots=True)
class Looked:
    """Around which place to look for whom. `kind` is the handler's; of `category` are the units
    that people decided on before.
    """

    spot: Spot
    kind: str | None
    category: str | None


@dataclass(frozen=True, slots=True)
class Around:
    """The responsible member or substitute of a sure place, and the competent organisation at the
    lowest region that holds every place it can be. `decided`: the organisation that a person gave
    the category to before, as `precedents.unit_for` finds it.
    """

    member: Responsible | None = None
    handler: OrganisationRow | None = None
    decided: OrganisationRow | None = None


def around(connection: Connection, looked: Sequence[Looked], now: datetime) -> list[Around]:
    """Who is around each of some spots at an instant (aware), in the order given."""
    matters = as_json([_asked(n, one) for n, one in enumerate(looked)])
    found = rows(connection, "intake_around", matters=matters, now=now)
    return [
        Around(
            Responsible(*row.posts[0]) if row.posts else None,
            _handler(one.kind, one.spot, row),
            _organisation(row.decided) if row.decided else None,
        )
        for one, row in zip(looked, found, strict=True)
    ]


def _asked(n: int, looked: Looked) -> dict[str, Any]:
    spot = looked.spot
    grid = spot.at(GRID) if spot.sure else None
    return {
        "n": n,
        "grid_id": grid.id if grid else None,
        "region_id": spot.path[-1] if spot.path else None,
        "path": spot.path,
        "kind": looked.kind,
        "building_id": spot.building_id,
        "category": looked.category,
    }


def _handler(kind: str | None, spot: Spot, found: Any) -> OrganisationRow | None:
    """The deepest home wins, then the lowest code; a property company is never guessed."""
    if kind == PROPERTY_COMPANY and spot.building_id is not None:
        return _organisation(found.companies[0]) if found.companies else None
    if kind is None or not found.organisations:
        return None
    first, *others = found.organisations
    if kind == PROPERTY_COMPANY and any(other[8] == first[8] for other in others):
        return None
    return _organisation(first)


def _organisation(kept: list[Any]) -> OrganisationRow:
    number, code, name, kind, home_region_id, parent_id, duty_phone, handles = kept[:8]
    return OrganisationRow(
        number,
        code,
        name,
        OrganisationKind(kind),
        home_region_id,
        parent_id,
        duty_phone,
        tuple(handles),
    )


# ---- matters like it ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Similar:
    """An open matter of the same category nearby: metres on the ground, and when it came in.

    Numbers of people in its text are masked.
    """

    no: str
    text: str
    metres: float
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Like:
    """A new matter as others are likened to it, and to others that come in with it.

    `rule`: where reports of its category may be the same. Who files it sees only what the scope or
    the account lets see. `told` is False of a complaint about people: nobody is told of it.
    """

    id: int
    no: str
    text: str
    spot: Spot
    category: str | None
    rule: DuplicateRule | None
    region_id: int | None
    account_id: int
    scope: Scope
    told: bool = True


def similar(
    connection: Connection, new: Sequence[Like], now: datetime
) -> list[tuple[Similar, ...]]:
    """For each of some matters that come in together the open matters like it, the nearest first,
    at most five; those that stand before it in the list count. Never complaints about people.
    """
    found: list[list[Any]] = [[] for _ in new]
    asked = [_reach(n, one, one.rule, now) for n, one in enumerate(new) if one.rule and _lies(one)]
    if asked:
        come = [_newcomer(n, one, now) for n, one in enumerate(new) if one.told and _lies(one)]
        lists = {"matters": as_json(asked), "newcomers": as_json(come if len(new) > 1 else [])}
        for row in rows(connection, "intake_similar", most=4 * MOST_SIMILAR, **lists):
            found[row.n].append(row)
    return [_nearest(one, near) for one, near in zip(new, found, strict=True)]


def _lies(one: Like) -> bool:
    return one.spot.lon is not None and one.spot.lat is not None


def _reach(n: int, one: Like, rule: DuplicateRule, now: datetime) -> dict[str, Any]:
    kx, ky = metres_per_degree(one.spot.lat or 0.0)
    return {
        "n": n,
        "category": one.category,
        "lon": one.spot.lon,
        "lat": one.spot.lat,
        "dx": rule.radius_m / kx,
        "dy": rule.radius_m / ky,
        "since": (now - timedelta(days=rule.days)).isoformat(),
        "account_id": one.account_id,
        **scope_values(one.scope),
    }


def _newcomer(n: int, one: Like, now: datetime) -> dict[str, Any]:
    return {
        "n": n,
        "id": one.id,
        "no": one.no,
        "text": one.text,
        "category": one.category,
        "region_id": one.region_id,
        "account_id": one.account_id,
        "lon": one.spot.lon,
        "lat": one.spot.lat,
        "received_at": now.isoformat(),
    }


def _nearest(one: Like, found: list[Any]) -> tuple[Similar, ...]:
    lon, lat, rule = one.spot.lon, one.spot.lat, one.rule
    if lon is None or lat is None or rule is None:
        return ()
    near = [
        Similar(
            row.no,
            masked(row.text),
            float(distance_m(lon, lat, row.lon, row.lat)),
            row.received_at,
        )
        for row in found
    ]
    within = [each for each in near if each.metres <= rule.radius_m]
    return tuple(sorted(within, key=lambda each: (each.metres, each.no))[:MOST_SIMILAR])
