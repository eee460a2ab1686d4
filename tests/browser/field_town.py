"""The scenarios' town behind the real service: two grids, their members, matters on demand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import Connection, Engine, insert, select

from api.dependencies import clock
from gis.accounts import Grant, Role
from gis.passwords import Passwords
from gis.store.tables.matters import matter
from gis.store.tables.people import member
from tests import riverside
from tests.api.people import PASSWORD, add_person
from tests.browser.serving import serving
from tests.one_app import over, the_app
from tests.riverside import COMMUNITY, G001, G002

HOSTILE = "<img src=x onerror=alert(1)>`${7*7}\"'</script>" + "长" * 200


@dataclass
class Town:
    """Where the service runs, and what lies behind it."""

    base: str
    engine: Engine
    ids: dict[str, int]
    made: int = 0

    def add(self, text: str, at: tuple[float, float] | None, due_in: timedelta | None, **more: Any):
        """A matter of G001 as the table keeps it; its number."""
        self.made += 1
        now = datetime.now(UTC)
        values = {
            "no": f"T{self.made:03}",
            "query_code": "q",
            "text": text,
            "channel": "patrol",
            "category": "E0102",
            "proposal": {},
            "matter_class": "major",
            "urgency": "normal",
            "state": "acknowledged",
            "region_id": self.ids[G001],
            "geom": f"SRID=4490;POINT({at[0]} {at[1]})" if at else None,
            "origin": "gps",
            "raw_place": {},
            "observed_at": now,
            "received_at": now,
            "due_at": None if due_in is None else now + due_in,
        }
        with self.engine.begin() as connection:
            connection.execute(insert(matter).values(**(values | more)))
        return values["no"]

    def texts(self) -> list[str]:
        with self.engine.begin() as connection:
            return list(connection.execute(select(matter.c.text).order_by(matter.c.id)).scalars())

    def eight(self) -> None:
        """One of everything: each class, none, hurried, late, without limit, without a place."""
        hour, spot = timedelta(hours=1), (106.5605, 29.5605)
        self.add("占用消防通道", spot, -hour, urgency="urgent", category="E0504")
        self.add("暴露垃圾", spot, hour / 2)
        self.add("停车协商", (106.56051, 29.5605), 5 * hour, matter_class="minor")
        self.add("邻里漏水", spot, 6 * hour, matter_class="private")
        self.add("拟为小事", spot, 8 * hour, matter_class=None, proposed_class="minor")
        self.add(HOSTILE, (106.5615, 29.5615), 9 * hour, matter_class=None)
        self.add("没有坐标", None, 50 * hour, matter_class="private")
        self.add("没有时限", (106.5612, 29.5611), None, matter_class="minor")


@contextmanager
def running(engine: Engine, now: Callable[[], datetime] = clock) -> Iterator[Town]:
    """The service over a database of its own, with 张 and 李 in their grids and a clerk.

    `now` is the service's clock.
    """
    passwords = Passwords(Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1))
    with engine.begin() as connection:
        ids = riverside.settle(connection)
        riverside.staff(connection, ids)
        for login, code in (("zhang", G001), ("li", G002)):
            account = add_person(
                connection, passwords, f"{login}.w", Grant(Role.GRID_MEMBER, ids[code])
            )
            connection.execute(
                member.update().where(member.c.code == login).values(account_id=account)
            )
        add_person(connection, passwords, "clerk", Grant(Role.COMMUNITY_CLERK, ids[COMMUNITY]))
        _houses(connection, ids)
    app = over(the_app(), engine, passwords)
    app.dependency_overrides[clock] = now
    with serving(app) as address:
        yield Town(address, engine, ids)


def _houses(connection: Connection, ids: dict[str, int]) -> None:
    riverside.add_building(connection, "B3", grid_id=ids[G002], at=(106.56225, 29.5610))


__all__ = ["G001", "G002", "HOSTILE", "PASSWORD", "Town", "running"]
