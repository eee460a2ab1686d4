"""Which list item holds for a category at a place, and is an item sound?

Lists are inherited: compound → community → subdistrict → county → the one that comes with the
service. The nearest list that names the category decides, wholly: no values are mixed. The negative
list isn't inherited but adds up: what a county forbids, no community can allow.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from gis.matters import PARTY_OF, MatterClass

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gis.matters import HandlerKind, ListItem, NegativeItem, PublishedList


def item_in_force(
    category: str, lists: Iterable[PublishedList]
) -> tuple[ListItem, PublishedList] | None:
    """The item for a category and the list it stands on; `lists` come nearest first.

    None where no list names the category.
    """
    for one in lists:
        item = one.items.get(category)
        if item is not None:
            return item, one
    return None


def forbidden_by(category: str, negative: Iterable[NegativeItem]) -> NegativeItem | None:
    """负面清单: the first entry that names a category, or None.

    What an entry names is never the responsibility of a body of self-government; nobody may
    override that. Intake doesn't propose it, and the step table refuses the dispatch.
    """
    return next((entry for entry in negative if category in entry.categories), None)


class ItemFault(StrEnum):
    """What may be wrong with a list item."""

    OTHER_PARTY = "other_party"  # its handler is of another side of society than its class says
    WITHOUT_POWER = "without_power"  # the community has no power to settle it: it must be major
    ON_NEGATIVE_LIST = "on_negative_list"  # a body of self-government for a forbidden category
    REPLY_TOO_SHORT = "reply_too_short"  # the reply is due before the handling, in the same unit


def faults_of(
    item: ListItem, handler: HandlerKind, negative: Sequence[NegativeItem]
) -> list[ItemFault]:
    """Everything wrong with an item whose handler is of kind `handler`; empty when it is sound."""
    reply, handling = item.reply.time, item.handling.time
    checks = {
        ItemFault.OTHER_PARTY: handler.party is not PARTY_OF[item.matter_class],
        ItemFault.WITHOUT_POWER: not item.community_can_act
        and item.matter_class is not MatterClass.MAJOR,
        ItemFault.ON_NEGATIVE_LIST: handler.self_governing
        and forbidden_by(item.category, negative) is not None,
        ItemFault.REPLY_TOO_SHORT: reply.unit is handling.unit and reply.amount < handling.amount,
    }
    return [fault for fault, found in checks.items() if found]
