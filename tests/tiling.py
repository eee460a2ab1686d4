"""A made-up tiling of any size: wriggling edges that neighbours share to the last corner."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

WEST, SOUTH = 105.5, 28.5


def tiling(across: int, up: int, *, corners: int = 152, seed: int = 1) -> NDArray[np.object_]:
    """across × up polygons of `corners` corners, EPSG:4490 on the lattice, 0.01° wide and high.

    Row by row from the south-west. Edges wriggle by up to a thirteenth of their length.
    """
    random = np.random.default_rng(seed)
    between = corners // 4
    x, y = np.meshgrid(np.arange(across + 1.0), np.arange(up + 1.0))
    nodes = np.stack([x, y], axis=-1) + random.uniform(-0.2, 0.2, (up + 1, across + 1, 2))
    flat = _edges(nodes[:, :-1], nodes[:, 1:], between, random)  # (up + 1, across, between, 2)
    steep = _edges(nodes[:-1], nodes[1:], between, random)  # (up, across + 1, between, 2)
    rings = np.concatenate(
        [flat[:-1], steep[:, 1:], flat[1:, :, ::-1], steep[:, :-1, ::-1]], axis=2
    ).reshape(across * up, -1, 2)
    rings = np.round(rings * 0.01 + [WEST, SOUTH], 7)
    closed = np.concatenate([rings, rings[:, :1]], axis=1)
    made: NDArray[np.object_] = shapely.polygons(closed)
    return made


def _edges(
    start: NDArray[np.float64],
    end: NDArray[np.float64],
    between: int,
    random: np.random.Generator,
) -> NDArray[np.float64]:
    """Points along every edge, both ends included, moved sideways but for the ends."""
    along = np.linspace(0, 1, between + 1)[:, None]
    straight = start[..., None, :] * (1 - along) + end[..., None, :] * along
    across = (end - start)[..., ::-1] * [-1, 1]
    room = 0.3 * along * (1 - along)  # little near the ends, where other edges are near
    wave = random.uniform(-1, 1, (*start.shape[:-1], between + 1, 1)) * room
    return straight + across[..., None, :] * wave
