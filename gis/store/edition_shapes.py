"""What does an edition draw, beside what held before it?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from gis.model import AsOf
from gis.store.database import rows, times
from gis.store.editions import shape_of

if TYPE_CHECKING:
    from datetime import datetime
    from typing import Any

    from shapely import MultiPolygon
    from sqlalchemy import Connection

    from gis.store.edition_life import EditionFacts

INSTANT: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Drawn:
    """The regions of a level whose ground or code an edition changes: shapes and names by code, as
    they were before it and as it states them. EPSG:4490. A region that keeps its shape but for its
    code stands in both.
    """

    before: dict[str, MultiPolygon]
    after: dict[str, MultiPolygon]
    names: dict[str, str]


def drawn_by(connection: Connection, edition: EditionFacts, now: datetime, most: int) -> Drawn:
    """What an edition draws, of its first `most` changes by code; nothing for a withdrawn one.

    For an open edition that is what it would change now; for one in force what it did change.
    """
    known = edition.activated_at
    asked = {"edition_id": edition.id, "most": most}
    earlier = AsOf(edition.valid_from, known - INSTANT if known else now)
    old = rows(connection, "edition_shapes_in_force", **asked, **times(earlier), after=False)
    if known is None:
        new = rows(connection, "edition_shapes_drafted", **asked)
    else:
        later = AsOf(edition.valid_from, known)
        new = rows(connection, "edition_shapes_in_force", **asked, **times(later), after=True)
    names = {row.code: row.name or "" for row in (*old, *new)}
    return Drawn(_shapes(old), _shapes(new), names)


def _shapes(found: list[Any]) -> dict[str, MultiPolygon]:
    return {row.code: shape for row in found if (shape := shape_of(row.geom)) is not None}
