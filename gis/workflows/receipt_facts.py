"""What does the receipt of a new matter say? Facts, in no language yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gis.model import BEIJING, COMMUNITY, GRID
from gis.store.matter_json import label_to_json, words_to_json

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from gis.intake import Region, Spot
    from gis.store.around import Similar
    from gis.store.matters import Arrived
    from gis.store.people import OrganisationRow, Responsible
    from gis.workflows.receive_matter import Case, Rules

Json = dict[str, Any]

CONDUCT_STATE: Final = "received"  # all that whoever files a complaint about people is told


def receipt_facts(
    case: Case, arrived: Arrived, alike: Sequence[Similar], rules: Rules, now: datetime
) -> Json:
    """The facts of the receipt, in no language. Of a complaint about people only that it came."""
    received = {"received_at": now.astimezone(BEIJING).isoformat(timespec="seconds")}
    if case.conduct:
        return {**received, "state": CONDUCT_STATE}
    proposal, categories = case.proposal, rules.in_force.categories
    category = categories[proposal.category] if proposal.category else None
    return {
        **received,
        "state": arrived.state.value,
        "queue": case.queue,
        "matter_class": proposal.matter_class,
        "category": {"code": category.code, "name": label_to_json(category.name)}
        if category
        else None,
        "urgency": proposal.urgency.value,
        "reasons": [words_to_json(one) for one in proposal.reasons],
        "place": place_told(case.spot),
        "member": member_told(case.member),
        "handler": handler_told(proposal.handler, case.handler, rules),
        "clocks": [{"kind": one.kind.value, "due_at": _at(one.due_at)} for one in arrived.clocks],
        "due_at": _at(arrived.due_at) if arrived.due_at else None,
        "similar": [_like(one, now) for one in alike],
    }


def place_told(spot: Spot) -> Json:
    """Where it lies, as receipts say it. `level`: of the lowest region that holds every place."""
    lowest = spot.known[spot.path[-1]] if spot.path else None
    return {
        "level": lowest.level if lowest else None,
        "grid": _named(spot.at(GRID)),
        "community": _named(spot.at(COMMUNITY)),
        "method": spot.method.value,
        "confident": spot.sure,
        "edge_m": None if spot.edge_m is None else round(spot.edge_m, 1),
        "candidates": [
            {**(_named(spot.known[one.path[-1]]) or {}), "share": round(one.share, 4)}
            for one in spot.candidates
        ],
        "warning": words_to_json(spot.warning) if spot.warning else None,
        "note": words_to_json(spot.note) if spot.note else None,
        "settled_by": [one.value for one in spot.settles],
    }


def member_told(member: Responsible | None) -> Json | None:
    """Whose grid it is, with the phone of the service."""
    if member is None:
        return None
    return {"name": member.name, "phone": member.phone, "substitute": member.substitute}


def handler_told(kind: str | None, found: OrganisationRow | None, rules: Rules) -> Json | None:
    """Who handles it: the kind by the list, and the organisation competent here, if any."""
    if kind is None:
        return None
    return {
        "kind": kind,
        "kind_name": label_to_json(rules.in_force.handlers[kind].name),
        "code": found.code if found else None,
        "name": found.name if found else None,
    }


def _named(region: Region | None) -> Json | None:
    return {"code": region.code, "name": region.name} if region else None


def _like(one: Similar, now: datetime) -> Json:
    # Not less than none: it may have been taken in by another clock.
    minutes = max(0, int((now - one.received_at).total_seconds() // 60))
    return {"no": one.no, "text": one.text, "metres": round(one.metres), "minutes": minutes}


def _at(instant: datetime) -> str:
    return instant.astimezone(BEIJING).isoformat(timespec="seconds")
