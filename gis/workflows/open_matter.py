"""Somebody opens what is written down when it is opened: a complaint about people, a contact."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gis.errors import NotAllowed, NotFound
from gis.governance.steps import Actor
from gis.matters import Channel
from gis.model import AsOf
from gis.store.matter_access import note_access
from gis.store.matter_reads import UNKNOWN, one_matter
from gis.store.matter_sight import View, sight_of
from gis.store.matter_story import story_of
from gis.store.matters import open_contact
from gis.workflows.matter_facts import actors

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from gis.accounts import Caller
    from gis.contacts import ContactSeal
    from gis.intake import Contact
    from gis.store.matter_reads import Seen
    from gis.store.matter_story import ReportRow

COMPLAINT: Final = "complaint"  # what an opening of a complaint about people is called in the log
AT_THE_DESK: Final = frozenset({Actor.DISPATCHER, Actor.CLERK, Actor.DISCIPLINE})
WORKS_ON_IT: Final = AT_THE_DESK | {Actor.GRID_MEMBER, Actor.HANDLER}


@dataclass(frozen=True, slots=True)
class Opened:
    """A contact as it was opened, with the report's own words, nothing masked."""

    report_id: int
    contact: Contact
    text: str


def note_opening(connection: Connection, caller: Caller, seen: Seen, now: datetime) -> None:
    """Write down that a complaint about people is opened; of other matters nothing."""
    if seen.row.conduct and seen.view is View.WHOLE:
        note_access(connection, seen.row.id, caller.account_id, COMPLAINT, now)


def open_contacts(
    connection: Connection, caller: Caller, no: str, seal: ContactSeal, now: datetime
) -> list[Opened]:
    """The contacts of a matter's reporters, each opening written down.

    For the grid member of the place, the organisation that has it now and the desk, while somebody
    waits for the matter. What came by the hotline is confidential: the desk alone reaches those
    reporters. Raises NotFound for a matter that isn't seen, NotAllowed for who doesn't work on it.
    """
    sight = sight_of(connection, caller, now)
    seen = one_matter(connection, sight, no, AsOf.at(now))
    if seen.view is View.NUMBER:
        raise NotFound(UNKNOWN)
    story = story_of(connection, sight, seen.row.id)
    actor = actors(connection, caller, sight, seen, story, now)
    if not actor & WORKS_ON_IT or seen.row.closed_at is not None:
        raise NotAllowed("error.contact_not_yours")
    shown = [one for one in story.reports if actor & AT_THE_DESK or _open_to_all(one)]
    return [
        Opened(one.id, found, one.text)
        for one in shown
        if (found := _contact(connection, seal, one, caller, now)) is not None
    ]


def _open_to_all(report: ReportRow) -> bool:
    return report.channel != Channel.HOTLINE


def _contact(
    connection: Connection, seal: ContactSeal, report: ReportRow, caller: Caller, now: datetime
) -> Contact | None:
    try:
        return open_contact(connection, seal, report.id, caller.account_id, now)
    except NotFound:
        return None
