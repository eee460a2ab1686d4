"""What comes in with a change of grids over HTTP: the operations, and how they are to be kept."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import Field
from shapely import LineString, Polygon

from api.inputs import Body, Code, Day, Name
from gis.codes import CodePattern
from gis.coordinates import LATTICE_DECIMALS
from gis.errors import BadInput
from gis.proposals import (
    Merge,
    MoveEdge,
    Operation,
    Recode,
    SplitAlong,
    SplitBuildings,
    TransferArea,
    TransferBuildings,
)
from gis.workflows.propose_change import NEW, Change

LEAST_RING = 3

Lon = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
Lat = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
Corner = tuple[Lon, Lat]
Corners = Annotated[list[Corner], Field(min_length=2, max_length=2000)]
Chosen = Annotated[list[Code], Field(min_length=1, max_length=5000)]
NewCode = Annotated[
    Code | None, Field(description="code of the new grid; left out: the next free one")
]
NewName = Annotated[Name | None, Field(description="name of the new grid; else 新网格 and digits")]


class SplitAlongIn(Body):
    """Split a grid along a line; the larger side keeps the code."""

    do: Literal["split_along"]
    grid: Code
    line: Corners
    new: NewCode = None
    name: NewName = None


class SplitBuildingsIn(Body):
    """Split a grid: these buildings, with the ground around them, become the new one."""

    do: Literal["split_buildings"]
    grid: Code
    buildings: Chosen
    new: NewCode = None
    name: NewName = None


class MergeIn(Body):
    """Join grids that touch; `into` is the one whose code stays."""

    do: Literal["merge"]
    grids: Annotated[list[Code], Field(min_length=2, max_length=100)]
    into: Code


class MoveEdgeIn(Body):
    """Draw the edge between two grids anew."""

    do: Literal["move_edge"]
    one: Code
    other: Code
    line: Corners


class TransferAreaIn(Body):
    """Give what lies in an area, drawn as its corners, to a neighbour."""

    do: Literal["transfer_area"]
    source: Code
    to: Code
    area: Annotated[list[Corner], Field(min_length=LEAST_RING, max_length=2000)]


class TransferBuildingsIn(Body):
    """Give buildings, with the ground around them, to a neighbour."""

    do: Literal["transfer_buildings"]
    source: Code
    to: Code
    buildings: Chosen


class RecodeIn(Body):
    """Give a grid another code: the old one ends; its name stays unless another is given."""

    do: Literal["recode"]
    grid: Code
    new: Code
    name: NewName = None


OperationIn = Annotated[
    SplitAlongIn
    | SplitBuildingsIn
    | MergeIn
    | MoveEdgeIn
    | TransferAreaIn
    | TransferBuildingsIn
    | RecodeIn,
    Field(discriminator="do"),
]


class ChangeIn(Body):
    """A change of the grids of one community. Coordinates are [longitude, latitude] in WGS 84."""

    community: Code
    operations: Annotated[list[OperationIn], Field(min_length=1, max_length=20)]

    def to_domain(self, pattern: CodePattern | None) -> Change:
        """The change; new codes are given by the `pattern` of the deployment."""
        numbered = [(one, f"{NEW}{n:02}") for n, one in enumerate(self.operations)]
        made = [_operation(one, new) for one, new in numbered]
        names = {
            one.new or new: one.name
            for one, new in numbered
            if isinstance(one, SplitAlongIn | SplitBuildingsIn | RecodeIn) and one.name is not None
        }
        return Change(self.community, made, pattern, names)


class ProposalIn(ChangeIn):
    """A change to be kept: the name of its edition, the day from which it is to hold (today)."""

    name: Name
    valid_from: Day | None = None


def _operation(one: OperationIn, new: str) -> Operation:
    match one:
        case SplitAlongIn():
            return SplitAlong(one.grid, _line(one.line), one.new or new)
        case SplitBuildingsIn():
            return SplitBuildings(one.grid, frozenset(one.buildings), one.new or new)
        case MergeIn():
            return Merge(tuple(dict.fromkeys(one.grids)), one.into)
        case MoveEdgeIn():
            return MoveEdge(one.one, one.other, _line(one.line))
        case TransferAreaIn():
            return TransferArea(one.source, one.to, _area(one.area))
        case TransferBuildingsIn():
            return TransferBuildings(one.source, one.to, frozenset(one.buildings))
        case RecodeIn():
            return Recode(one.grid, one.new)


def _line(corners: list[Corner]) -> LineString:
    made = LineString(np.round(np.array(corners), LATTICE_DECIMALS))
    if not made.length:
        raise BadInput("error.proposal_line")
    return made


def _area(corners: list[Corner]) -> Polygon:
    made = Polygon(np.round(np.array(corners), LATTICE_DECIMALS))
    if not made.is_valid or made.is_empty:
        raise BadInput("error.proposal_area_crosses")
    return made
