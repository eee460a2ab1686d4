"""BD-09 degrees and Baidu's own Mercator metres (bd09mc).

No map projection but two fitted polynomials, in use unchanged since 2010 and published in many
ports (such as gcoord, MIT). A band of latitude has ten numbers each way. The way back is refined
until it is the exact inverse of the way there, so that a round trip loses nothing.
"""

from __future__ import annotations

from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

Numbers: TypeAlias = NDArray[np.float64]

# Lower edges of the bands, degrees of BD-09, the topmost first.
BANDS: Final = (75.0, 60.0, 45.0, 30.0, 15.0, 0.0)
# Of each band: two numbers for the longitude, seven powers of the latitude over the tenth.
TO_METRES: Final = np.array(
    [
        [-0.0015702102444, 111320.7020616939, 1704480524535203, -10338987376042340,
         26112667856603880, -35149669176653700, 26595700718403920, -10725012454188240,
         1800819912950474, 82.5],
        [0.0008277824516172526, 111320.7020463578, 647795574.6671607, -4082003173.641316,
         10774905663.51142, -15171875531.51559, 12053065338.62167, -5124939663.577472,
         913311935.9512032, 67.5],
        [0.00337398766765, 111320.7020202162, 4481351.045890365, -23393751.19931662,
         79682215.47186455, -115964993.2797253, 97236711.15602145, -43661946.33752821,
         8477230.501135234, 52.5],
        [0.00220636496208, 111320.7020209128, 51751.86112841131, 3796837.749470245,
         992013.7397791013, -1221952.21711287, 1340652.697009075, -620943.6990984312,
         144416.9293806241, 37.5],
        [-0.0003441963504368392, 111320.7020576856, 278.2353980772752, 2485758.690035394,
         6070.750963243378, 54821.18345352118, 9540.606633304236, -2710.55326746645,
         1405.483844121726, 22.5],
        [-0.0003218135878613132, 111320.7020701615, 0.00369383431289, 823725.6402795718,
         0.46104986909093, 2351.343141331292, 1.58060784298199, 8.77738589078284,
         0.37238884252424, 7.45],
    ]
)  # fmt: skip
STEPS: Final = 60  # halvings of 90 degrees: to 1e-16


def to_metres(lon: Numbers, lat: Numbers) -> tuple[Numbers, Numbers]:
    """Degrees of BD-09 as bd09mc metres. Within 74° of the equator; beyond it is held there."""
    north = np.clip(np.abs(lat), 0.0, 74.0)
    rows = TO_METRES[_band(north)]
    x = rows[:, 0] + rows[:, 1] * np.abs(lon)
    return np.copysign(x, lon), np.copysign(_metres_north(north, rows), lat)


def to_degrees(x: Numbers, y: Numbers) -> tuple[Numbers, Numbers]:
    """bd09mc metres as degrees of BD-09: the inverse of `to_metres`, to 1e-12 degree."""
    target = np.abs(y)
    low, high = np.zeros_like(target), np.full_like(target, 74.0)
    for _ in range(STEPS):
        middle = (low + high) / 2
        beyond = _metres_north(middle, TO_METRES[_band(middle)]) > target
        low, high = np.where(beyond, low, middle), np.where(beyond, middle, high)
    north = (low + high) / 2
    rows = TO_METRES[_band(north)]
    lon = (np.abs(x) - rows[:, 0]) / rows[:, 1]
    unknown = ~np.isfinite(x) | ~np.isfinite(y)
    return (
        np.where(unknown, np.nan, np.copysign(lon, x)),
        np.where(unknown, np.nan, np.copysign(north, y)),
    )


def _band(north: Numbers) -> NDArray[np.intp]:
    """The row of each latitude's band; NaN falls into the lowest and stays NaN."""
    above = np.searchsorted(-np.array(BANDS), -np.nan_to_num(north))
    return np.minimum(above, len(BANDS) - 1)


def _metres_north(north: Numbers, rows: NDArray[np.float64]) -> Numbers:
    part = north / rows[:, 9]
    total = rows[:, 8]
    for column in range(7, 1, -1):
        total = total * part + rows[:, column]
    return np.asarray(total)
