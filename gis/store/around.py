"""Who and what is around a new matter: the member, the organisation, open matters like it.

One statement for what `people.responsible_at` and `people.competent` ask one after the other; the
answers are the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from gis.coordinates import distance_m, metres_per_degree
from gis.governance.masking import masked
from gis.intake import Spot
from gis.model import GRID
from gis.people import OrganisationKind
from gis.store.database import rows
from gis.store.people import PROPERTY_COMPANY, OrganisationRow, Responsible
from gis.store.scope import scope_values

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from gis.accounts import Scope
    from gis.matters import DuplicateRule

MOST_SIMILAR: Final = 5
NOWHERE: Final[dict[str, float | None]] = {"lon": None, "lat": None, "dx": None, "dy": None}


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
class Looked:
    """What to look for. `kind` is the handler's; `category` and `duplicate` where reports of it may
    be the same; who files it sees only what the scope or the account lets see.
    """

    kind: str | None
    category: str | None
    duplicate: DuplicateRule | None
    account_id: int
    scope: Scope


@dataclass(frozen=True, slots=True)
class Around:
    """The responsible member or substitute of a sure place, the competent organisation at the
    lowest region that holds every place it can be, and similar matters, the nearest first.
    `decided`: the organisation that a person gave the category to before, as
    `precedents.unit_for` finds it.
    """

    member: Responsible | None = None
    handler: OrganisationRow | None = None
    decided: OrganisationRow | None = None
    similar: tuple[Similar, ...] = ()


def around(connection: Connection, spot: Spot, looked: Looked, now: datetime) -> Around:
    """Who and what is around a spot at an instant (aware). Similar matters are at most five, never
    complaints about people.
    """
    grid = spot.at(GRID) if spot.sure else None
    rule = looked.duplicate
    (found,) = rows(
        connection,
        "intake_around",
        grid_id=grid.id if grid else None,
        region_id=spot.path[-1] if spot.path else None,
        path=list(spot.path),
        kind=looked.kind,
        building_id=spot.building_id,
        now=now,
        category=looked.category,
        since=now - timedelta(days=rule.days) if rule else None,
        account_id=looked.account_id,
        most=4 * MOST_SIMILAR,
        **scope_values(looked.scope),
        **(_reach(spot, rule) if rule else NOWHERE),
    )
    return Around(
        Responsible(*found.posts[0]) if found.posts else None,
        _handler(looked.kind, spot, found),
        _organisation(found.decided) if found.decided else None,
        _similar(spot, rule, found.matters or []) if rule else (),
    )


def _reach(spot: Spot, rule: DuplicateRule) -> dict[str, float | None]:
    if spot.lon is None or spot.lat is None:
        return NOWHERE
    kx, ky = metres_per_degree(spot.lat)
    return {
        "lon": spot.lon,
        "lat": spot.lat,
        "dx": rule.radius_m / kx,
        "dy": rule.radius_m / ky,
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


def _similar(spot: Spot, rule: DuplicateRule, found: list[list[Any]]) -> tuple[Similar, ...]:
    if spot.lon is None or spot.lat is None:
        return ()
    near = [
        Similar(
            no,
            masked(text),
            float(distance_m(spot.lon, spot.lat, lon, lat)),
            datetime.fromisoformat(received_at),
        )
        for no, text, lon, lat, received_at in found
    ]
    within = [one for one in near if one.metres <= rule.radius_m]
    return tuple(sorted(within, key=lambda one: (one.metres, one.no))[:MOST_SIMILAR])
