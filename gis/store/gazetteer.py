"""The gazetteer in the database: nothing of it lives in a process but the names of regions.

So it is never older than what is kept, every process has the same one, and a million addresses cost
a process no memory. Many addresses are asked at once: each step is one query for all of them.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Final

from rapidfuzz.distance import OSA
from sqlalchemy import text

from gis.address_parts import Address
from gis.address_values import figures
from gis.addresses import parse
from gis.gazetteer import COMPARED, Matcher
from gis.gazetteer_entries import STEP, facts_from_json
from gis.gazetteer_index import (
    CLASSES,
    Entry,
    Path,
    alike,
    deepest,
    facts_of,
    one_less,
    paths,
    readings,
)
from gis.gazetteer_regions import KnownRegion, RegionNames
from gis.store.database import rows, times

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sqlalchemy import Connection

    from gis.gazetteer import AddressMatch
    from gis.gazetteer_index import Facts
    from gis.model import AsOf

AT_ONCE: Final = 500


def match_addresses(
    connection: Connection, texts: Sequence[str], as_of: AsOf, above: tuple[str, ...] = ()
) -> list[AddressMatch]:
    """What each text means, in their order: places by their codes (building:…), regions by ids.

    `above` are the names of regions higher than the known ones. Regions are those of `as_of`, the
    addresses those known now.
    """
    regions = region_names(connection, as_of, above)
    found: list[AddressMatch] = []
    for start in range(0, len(texts), AT_ONCE):
        parsed = [parse(one) for one in texts[start : start + AT_ONCE]]
        register = StoredRegister(connection, list(_asked(parsed)))
        matcher = Matcher(regions, register)
        found += [matcher.match_parsed(one) for one in parsed]
    return found


def _asked(parsed: Iterable[Address]) -> Iterator[Facts]:
    for one in parsed:
        yield facts_of(one)
        if one.crossing:
            yield facts_of(Address(one.crossing))


class StoredRegister:
    """What the database knows of some addresses, fetched for all of them together."""

    def __init__(self, connection: Connection, asked: Sequence[Facts]) -> None:
        self._connection = connection
        self._known: set[str] = set()
        self._looked_at: set[str] = set()
        self._near: dict[str, list[str]] = {}
        self._entries: dict[int, Entry] = {}
        self._under: dict[tuple[Path, int | None], list[int]] = {}
        names = {name for facts in asked for _, name in facts.names()}
        self._alike = self._lead(names)
        ways = {way for facts in asked for way in self._ways(facts)}
        self._look_up(STEP.join(way[:size]) for way in ways for size in range(2, len(way) + 1))
        self._fetch({deepest(self, way) for way in ways} - {()}, COMPARED + 1)

    def alike(self, name: str) -> dict[tuple[str, str], float]:
        return self._alike[name]

    def knows(self, path: Path) -> bool:
        return STEP.join(path) in self._known

    def under(self, path: Path, most: int | None = None) -> Sequence[int]:
        """All of a road's entries are fetched only where somebody asks for all of them."""
        some = self._under.get((path, COMPARED + 1))
        if some is not None and (len(some) <= COMPARED or most == COMPARED + 1):
            return some[:most]
        if (path, most) not in self._under:
            self._fetch({path}, most)
        return self._under[path, most]

    def entry(self, number: int) -> Entry:
        return self._entries[number]

    # ---- asked of the database ----------------------------------------------------------------

    def _lead(self, names: set[str]) -> dict[str, dict[tuple[str, str], float]]:
        """Names led to known ones, one way of reading after the other, for those that need it."""
        open_names = names
        for step in range(len(list(readings("")))):
            read = {name: list(readings(name))[step][1] for name in open_names}
            self._look_up(
                group + one for many in read.values() for one in many for group in CLASSES
            )
            open_names = {
                name
                for name, many in read.items()
                if not any(group + one in self._known for one in many for group in CLASSES)
            }
        self._look_for_slips(open_names)
        return {name: alike(name, self._known.__contains__, self._slips) for name in names}

    def _look_up(self, keys: Iterable[str]) -> None:
        wanted = set(keys) - self._looked_at
        if wanted:
            self._looked_at |= wanted
            found = rows(self._connection, "paths_known", paths=sorted(wanted))
            self._known.update(row.path for row in found)

    def _look_for_slips(self, names: set[str]) -> None:
        wanted = {less for name in names for one in (name, figures(name)) for less in one_less(one)}
        if wanted:
            for row in rows(self._connection, "names_near", less=sorted(wanted)):
                self._near.setdefault(row.less, []).append(row.name)
            self._look_up(chain.from_iterable(self._near.values()))

    def _slips(self, name: str) -> Iterator[tuple[str, str]]:
        found = {one for less in one_less(name) for one in self._near.get(less, [])}
        for one in sorted(found & self._known):
            if OSA.distance(name, one[1:], score_cutoff=1) <= 1:
                yield one[0], one[1:]

    def _ways(self, facts: Facts) -> Iterator[Path]:
        for way in paths(facts):
            for group, known in self._alike[way[0][1:]]:
                yield (group + known, *way[1:])

    def _fetch(self, ways: set[Path], most: int | None) -> None:
        by_key = {STEP.join(way): way for way in ways}
        for way in ways:
            self._under[way, most] = []
        found = rows(self._connection, "addresses_under", paths=sorted(by_key), most=most)
        for row in found:
            self._under[by_key[row.path], most].append(row.id)
            if row.id not in self._entries:
                facts, kind = facts_from_json(row.facts), row.code.partition(":")[0]
                region = "" if row.region_id is None else str(row.region_id)
                self._entries[row.id] = Entry(row.code, region, facts, kind)


# ---- regions ------------------------------------------------------------------------------------


def region_names(connection: Connection, as_of: AsOf, above: tuple[str, ...] = ()) -> RegionNames:
    """Today's regions by their names, read once for each state of the boundaries.

    A hundred thousand take half a second and 40 MB; they change when an edition is activated.
    """
    state = connection.execute(
        text(
            "SELECT current_database(), version, (SELECT max(id) FROM region_version)"
            "  FROM boundary_state"
        )
    ).one()
    key = (*state, as_of.valid_on, above)
    names = _CACHED.get(key)
    if names is None:
        names = _read_names(connection, as_of, above)
        while len(_CACHED) >= MOST_CACHED:
            _CACHED.pop(next(iter(_CACHED)), None)
        _CACHED[key] = names
    return names


_CACHED: Final[dict[tuple[object, ...], RegionNames]] = {}
MOST_CACHED: Final = 2


def _read_names(connection: Connection, as_of: AsOf, above: tuple[str, ...]) -> RegionNames:
    found = rows(connection, "regions_named", **times(as_of))
    return RegionNames(
        [
            KnownRegion(str(row.id), row.name or "", str(row.parent_id) if row.parent_id else "")
            for row in found
        ],
        above,
    )
