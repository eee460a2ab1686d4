"""Where on the ground is a pair of numbers, and how many metres and square metres is it?

Everything is kept in CGCS2000 degrees (EPSG:4490), longitude first, on a lattice of 1e-7 degree
(1.1 cm). WGS 84 counts as the same: the two ellipsoids differ by 0.1 mm, and what the plates have
drifted since 2000 is less than any phone's error. GCJ-02 and BD-09 are the shifted coordinates of
Chinese web maps; we decode them on the way in and offer no converter to the public.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gis.bd09_mercator import to_degrees, to_metres
from gis.errors import BadInput

if TYPE_CHECKING:
    from pyproj import CRS, Transformer
    from shapely import Geometry

Numbers: TypeAlias = NDArray[np.float64]
Pair: TypeAlias = tuple[Numbers, Numbers]

LATTICE_DECIMALS: Final = 7
BAIDU_EAST_M, BAIDU_NORTH_M = 20_037_726.0, 12_474_104.0  # bd09mc ends at 180° and 74°
CHINA: Final = (72.004, 0.8293, 137.8347, 55.8271)  # west, south, east, north; the public rectangle
SYSTEMS: Final = ("wgs84", "cgcs2000", "gcj02", "bd09")
BAIDU_METRES: Final = "bd09mc"
_ALIASES: Final = {
    **{name: name for name in SYSTEMS},
    "wgs-84": "wgs84",
    "epsg:4326": "wgs84",
    "crs84": "wgs84",
    "ogc:crs84": "wgs84",
    "cgcs-2000": "cgcs2000",
    "epsg:4490": "cgcs2000",
    "gcj-02": "gcj02",
    "gcj02ll": "gcj02",
    "bd-09": "bd09",
    "bd09ll": "bd09",
    "bd09mc": BAIDU_METRES,
    "bd-09mc": BAIDU_METRES,
}
_OWN: Final[dict[str, str]] = {}  # a deployment's names → what PROJ is told
_OWN_NAME: Final = re.compile(r"[a-z][a-z0-9_-]{3,19}")
_NUMBERED: Final = re.compile(r"epsg:([1-9][0-9]{0,8})")

# CGCS2000 ellipsoid (GB 22021-2008): semi-major axis in metres, flattening.
_A: Final = 6_378_137.0
_F: Final = 1 / 298.257222101
_E2: Final = _F * (2 - _F)
_E: Final = _E2**0.5

# Cities do use the neighbouring zone; one zone's number taken for another's moves by eight degrees.
_BEYOND_AREA_OF_USE_DEG: Final = 5.0


# ---- which system -------------------------------------------------------------------------------


def parse_crs(text: str) -> str:
    """The one name of a coordinate system that a person or program wrote.

    `wgs84`, `cgcs2000`, `gcj02`, `bd09`, `bd09mc`, `EPSG:n` or a name of the deployment's own
    (`declare_crs`); case and surrounding blanks don't matter.
    Raises BadInput `error.unknown_crs`, or `error.old_datum` for Beijing 1954 and Xi'an 1980, or
    `error.crs_not_convertible`.

    >>> parse_crs("EPSG:4326"), parse_crs("gcj-02"), parse_crs(" epsg:4545 ")
    ('wgs84', 'gcj02', 'EPSG:4545')
    """
    wanted = text.strip().lower()
    if wanted in _ALIASES:
        return _ALIASES[wanted]
    if wanted in _OWN:
        return wanted
    numbered = _NUMBERED.fullmatch(wanted)
    if numbered is None:
        raise BadInput("error.unknown_crs")
    name = f"EPSG:{numbered[1]}"
    _to_degrees(name)  # refuses what PROJ doesn't know or can't move
    return name


def declare_crs(name: str, definition: str) -> None:
    """Let `parse_crs` know a deployment's own system: a city's grid, or Beijing 1954 with the
    parameters that its surveyors gave.

    `definition` is a PROJ string or WKT. It must lead to CGCS2000 by parameters of its own
    (`+towgs84=…`, or a derived system); what PROJ would only guess is refused. Raises BadInput
    `error.own_crs_name` or as `parse_crs` does.

    >>> declare_crs("city54", "+proj=longlat +ellps=krass +towgs84=12,-113,-41,0,0,0,0 +type=crs")
    >>> parse_crs("city54")
    'city54'
    """
    if not _OWN_NAME.fullmatch(name) or name in _ALIASES:
        raise BadInput("error.own_crs_name")
    _to_degrees(definition)
    _OWN[name] = definition


def crs_of_wkt(text: str) -> str:
    """The one name of a system that a file describes: like `parse_crs`, or the WKT itself.

    For files only. A local grid without an EPSG number (such as a Gauss–Krüger belt of 107°E)
    keeps its description, which `convert` takes too. Raises like `parse_crs`.
    """
    if text.strip().lower() in _ALIASES or _NUMBERED.fullmatch(text.strip().lower()):
        return parse_crs(text)
    crs = _crs(text)
    epsg = crs.to_epsg()
    if epsg is not None:
        return parse_crs(f"EPSG:{epsg}")
    if crs.name.upper().replace(" ", "") in ("WGS84(CRS84)", "CRS84"):
        return "wgs84"
    name: str = crs.to_wkt()
    _to_degrees(name)
    return name


# ---- from one system to another -----------------------------------------------------------------


@overload
def convert(lon: float, lat: float, source: str, target: str) -> tuple[float, float]: ...
@overload
def convert(lon: Numbers, lat: Numbers, source: str, target: str) -> Pair: ...
def convert(lon: Any, lat: Any, source: str, target: str) -> Any:
    """Coordinates of `source` in `target`; both named as `parse_crs` returns them.

    Scalars give a tuple of floats, arrays a tuple of arrays. Longitude or easting comes first,
    always. Not rounded: see `to_lattice`. WGS 84 and CGCS2000 are one (a null shift).
    Raises BadInput for the first pair that can't be true: `error.coordinates_not_numbers`,
    `error.coordinates_swapped`, `error.coordinates_out_of_range`, `error.coordinates_not_in_crs`.

    >>> [round(degrees, 7) for degrees in convert(106.577, 29.557, "wgs84", "gcj02")]
    [106.5806879, 29.5541118]
    """
    x, y, problems = convert_each(lon, lat, source, target)
    for key, where in problems.items():
        first = int(np.flatnonzero(where)[0])
        raise BadInput(key, index=first, **_seen(np.ravel(lat)[first]))
    if np.ndim(lon) == 0:
        return float(x[0]), float(y[0])
    return x.reshape(np.shape(lon)), y.reshape(np.shape(lon))


def convert_each(
    lon: ArrayLike, lat: ArrayLike, source: str, target: str
) -> tuple[Numbers, Numbers, dict[str, NDArray[np.bool_]]]:
    """Like `convert`, but keeps going: bad pairs become NaN.

    The third value says what is wrong where: sentence key → mask. It is empty when all is well;
    a pair is in one mask at most.
    """
    x = np.atleast_1d(np.asarray(lon, dtype=np.float64)).ravel()
    y = np.atleast_1d(np.asarray(lat, dtype=np.float64)).ravel()
    problems = _impossible(x, y, geographic=is_geographic(source))
    bad = np.zeros(len(x), dtype=bool)
    for where in problems.values():
        bad |= where
    x, y = np.where(bad, np.nan, x), np.where(bad, np.nan, y)
    x, y, strange = _decode(x, y, source)
    if (strange & ~bad).any():
        problems["error.coordinates_not_in_crs"] = strange & ~bad
    x, y = _encode(x, y, target)
    return x, y, problems


def _seen(lat: float) -> dict[str, int]:
    """The offending latitude in whole degrees: enough to recognise the mistake, no more."""
    return {"lat": round(float(lat))} if np.isfinite(lat) and abs(lat) < 1e9 else {}


def _impossible(x: Numbers, y: Numbers, *, geographic: bool) -> dict[str, NDArray[np.bool_]]:
    numbers = np.isfinite(x) & np.isfinite(y)
    found = {"error.coordinates_not_numbers": ~numbers}
    if geographic:
        too_far = numbers & ((np.abs(y) > 90) | (np.abs(x) > 180))
        swapped = too_far & (np.abs(y) <= 180) & (np.abs(x) <= 90)
        found["error.coordinates_swapped"] = swapped
        found["error.coordinates_out_of_range"] = too_far & ~swapped
    return {key: where for key, where in found.items() if where.any()}


def _decode(x: Numbers, y: Numbers, source: str) -> tuple[Numbers, Numbers, NDArray[np.bool_]]:
    """Into degrees of CGCS2000; the mask marks results far outside the system's area of use."""
    fine = np.zeros(len(x), dtype=bool)
    if source in ("wgs84", "cgcs2000"):
        return x, y, fine
    if source == "gcj02":
        return *_undo(_gcj_shift, x, y), fine
    if source in ("bd09", BAIDU_METRES):
        if source == BAIDU_METRES:
            fine = np.isfinite(x) & ((np.abs(x) > BAIDU_EAST_M) | (np.abs(y) > BAIDU_NORTH_M))
            x, y = to_degrees(np.where(fine, np.nan, x), np.where(fine, np.nan, y))
        return *_undo(_gcj_shift, *_undo(_bd_shift, x, y)), fine
    transformer, (west, south, east, north) = _to_degrees(source)
    known = np.isfinite(x)
    lon, lat = np.full_like(x, np.nan), np.full_like(y, np.nan)
    lon[known], lat[known] = transformer.transform(x[known], y[known])
    inside = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
    return np.where(inside, lon, np.nan), np.where(inside, lat, np.nan), ~inside


def _encode(lon: Numbers, lat: Numbers, target: str) -> Pair:
    if target in ("wgs84", "cgcs2000"):
        return lon, lat
    if target in ("gcj02", "bd09", BAIDU_METRES):
        lon, lat = _shift(_gcj_shift, lon, lat)
        if target == "gcj02":
            return lon, lat
        lon, lat = _shift(_bd_shift, lon, lat)
        return to_metres(lon, lat) if target == BAIDU_METRES else (lon, lat)
    transformer, _ = _to_degrees(target)
    x, y = transformer.transform(lon, lat, direction="INVERSE")
    return np.asarray(x), np.asarray(y)


# ---- what PROJ knows ----------------------------------------------------------------------------


def _crs(name: str) -> CRS:
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    try:
        crs = CRS.from_user_input(_OWN.get(name, name))
    except CRSError:
        raise BadInput("error.unknown_crs") from None
    return crs.sub_crs_list[0] if crs.is_compound else crs


def is_geographic(name: str) -> bool:
    """Are the numbers of a system (as `parse_crs` names it) degrees?"""
    return name in SYSTEMS or (name != BAIDU_METRES and _crs(name).is_geographic)


@lru_cache(maxsize=64)
def _to_degrees(name: str) -> tuple[Transformer, tuple[float, float, float, float]]:
    """PROJ's way from `name` to degrees, and the box in which its results can be true.

    A way that PROJ only guesses (a "ballpark") is refused. It would move Beijing 1954 and
    Xi'an 1980 by nothing, and the places would be tens of metres off without a word.
    """
    from pyproj import Transformer
    from pyproj.exceptions import ProjError

    crs = _crs(name)
    if not (crs.is_geographic or crs.is_projected) or crs.geodetic_crs is None:
        raise BadInput("error.crs_not_convertible")
    datum = crs.geodetic_crs.datum.name if crs.geodetic_crs.datum else ""
    if any(old in f"{crs.geodetic_crs.name} {datum}" for old in ("Beijing", "Xian")):
        raise BadInput("error.old_datum")
    for ours in ("EPSG:4490", "EPSG:4326"):
        try:
            way = Transformer.from_crs(crs, ours, always_xy=True, allow_ballpark=False)
        except ProjError:
            continue
        return way, _widened(crs.area_of_use.bounds if crs.area_of_use else None)
    raise BadInput("error.crs_not_convertible")


def _widened(
    bounds: tuple[float, float, float, float] | None,
) -> tuple[float, float, float, float]:
    if bounds is None or bounds[0] > bounds[2]:  # unknown, or across the date line
        return (-180.0, -90.0, 180.0, 90.0)
    west, south, east, north = bounds
    by = _BEYOND_AREA_OF_USE_DEG
    return (west - by, south - by, east + by, north + by)


# ---- GCJ-02 and BD-09 ---------------------------------------------------------------------------
# The formulas are the ones in public use since 2010 ("eviltransform" and its many ports). Against
# the commercial services GCJ-02 is 0.7 m off, a constant; BD-09 over GCJ-02 agrees to 2 cm.


def _in_china(lon: Numbers, lat: Numbers) -> NDArray[np.bool_]:
    west, south, east, north = CHINA
    return (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)


def _shift(shift: Any, lon: Numbers, lat: Numbers) -> Pair:
    inside = _in_china(lon, lat)
    dlon, dlat = shift(lon, lat)
    return np.where(inside, lon + dlon, lon), np.where(inside, lat + dlat, lat)


def _undo(shift: Any, lon: Numbers, lat: Numbers) -> Pair:
    """Turn a shift back by fixed-point steps: six leave less than a micrometre.

    Just outside the rectangle two places share one shifted pair; the one inside is taken.
    """
    guess_lon, guess_lat = lon.copy(), lat.copy()
    for _ in range(6):
        dlon, dlat = shift(guess_lon, guess_lat)
        guess_lon, guess_lat = lon - dlon, lat - dlat
    inside = _in_china(guess_lon, guess_lat)
    return np.where(inside, guess_lon, lon), np.where(inside, guess_lat, lat)


def _gcj_shift(lon: Numbers, lat: Numbers) -> Pair:
    """What GCJ-02 adds to WGS 84, in degrees (on the Krasovsky 1940 ellipsoid)."""
    x, y, pi = lon - 105.0, lat - 35.0, np.pi
    a, ee = 6_378_245.0, 0.00669342162296594323
    root, common = np.sqrt(np.abs(x)), 20 * np.sin(6 * pi * x) + 20 * np.sin(2 * pi * x)
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + common * 2 / 3
    north += (20 * np.sin(pi * y) + 40 * np.sin(pi * y / 3)) * 2 / 3
    north += (160 * np.sin(pi * y / 12) + 320 * np.sin(pi * y / 30)) * 2 / 3
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + common * 2 / 3
    east += (20 * np.sin(pi * x) + 40 * np.sin(pi * x / 3)) * 2 / 3
    east += (150 * np.sin(pi * x / 12) + 300 * np.sin(pi * x / 30)) * 2 / 3
    w2 = 1 - ee * np.sin(np.radians(lat)) ** 2
    dlat = north * 180 / (a * (1 - ee) / (w2 * np.sqrt(w2)) * pi)
    dlon = east * 180 / (a / np.sqrt(w2) * np.cos(np.radians(lat)) * pi)
    return dlon, dlat


def _bd_shift(lon: Numbers, lat: Numbers) -> Pair:
    """What BD-09 adds to GCJ-02, in degrees."""
    turn = np.pi * 3000 / 180
    radius = np.hypot(lon, lat) + 0.00002 * np.sin(lat * turn)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * turn)
    return radius * np.cos(angle) + 0.0065 - lon, radius * np.sin(angle) + 0.006 - lat


# ---- the lattice, metres and square metres ------------------------------------------------------

OnLattice = TypeVar("OnLattice", "Geometry", Numbers, float)


def to_lattice(place: OnLattice) -> OnLattice:
    """The same shape, array or number with coordinates rounded to 1e-7 degree (1.1 cm).

    Each comes out as the double nearest to its seven decimals, so equal places compare equal.
    Rounding can make a thin shape invalid: judge it afterwards.

    >>> to_lattice(29.55712345678)
    29.5571235
    """
    if isinstance(place, float):
        return float(np.round(place, LATTICE_DECIMALS))
    if isinstance(place, np.ndarray):
        return np.round(place, LATTICE_DECIMALS)
    import shapely

    moved: Geometry = shapely.transform(place, lambda xy: np.round(xy, LATTICE_DECIMALS))
    return moved


@overload
def metres_per_degree(lat: float) -> tuple[float, float]: ...
@overload
def metres_per_degree(lat: Numbers) -> Pair: ...
def metres_per_degree(lat: Any) -> Any:
    """Metres on the ground of one degree of longitude and of latitude at a latitude (degrees).

    One latitude gives floats, an array gives arrays.

    Radii of curvature in the prime vertical and in the meridian on the CGCS2000 ellipsoid:
    nu = a / sqrt(1 - e² sin² φ), rho = a (1 - e²) / (1 - e² sin² φ)^1.5 (IOGP 373-7-2, 3.1).

    >>> [round(metres) for metres in metres_per_degree(30.93)]
    [95574, 110868]
    """
    phi = np.radians(lat)
    w2 = 1 - _E2 * np.sin(phi) ** 2
    nu, rho = _A / np.sqrt(w2), _A * (1 - _E2) / w2**1.5
    kx, ky = np.radians(nu * np.cos(phi)), np.radians(rho)
    return (kx, ky) if isinstance(lat, np.ndarray) else (float(kx), float(ky))


def distance_m(lon1: ArrayLike, lat1: ArrayLike, lon2: ArrayLike, lat2: ArrayLike) -> Numbers:
    """Metres between places (degrees), each pair on the flat map that fits its middle latitude.

    For the distances of a town: within 1e-6 of the geodesic up to 20 km below 55° of latitude.
    """
    x1, y1, x2, y2 = (np.asarray(value, dtype=np.float64) for value in (lon1, lat1, lon2, lat2))
    phi = np.radians((y1 + y2) / 2)
    w2 = 1 - _E2 * np.sin(phi) ** 2
    east = np.radians(x2 - x1) * np.cos(phi) * _A / np.sqrt(w2)
    north = np.radians(y2 - y1) * _A * (1 - _E2) / w2**1.5
    return np.asarray(np.hypot(east, north))


def area_m2(shapes: ArrayLike | Geometry) -> Numbers:
    """Square metres on the ground of polygons in degrees; one number a shape, 0 for None.

    Exact on the CGCS2000 ellipsoid for edges that are straight in degrees, which is how the
    planar predicates see them: every ring is the sum over its edges of (width in longitude) times
    (area of the ellipsoid below the edge per radian; Simpson's rule over the authalic function,
    Snyder 1987, eq. 3-12). Lines and points in a collection count nothing.
    """
    import shapely

    everything = np.atleast_1d(np.asarray(shapes, dtype=object))
    parts, owner = _polygons(everything)
    rings, polygon = shapely.get_rings(parts, return_index=True)
    total = np.zeros(len(everything))
    if len(rings):
        exterior = np.r_[True, polygon[1:] != polygon[:-1]]
        signed = np.where(exterior, 1.0, -1.0) * _ring_areas(rings)
        np.add.at(total, owner[polygon], signed)
    return total


def _polygons(shapes: NDArray[np.object_]) -> tuple[NDArray[np.object_], NDArray[np.intp]]:
    """The polygons in shapes, however deep in collections, and the index of each one's shape."""
    import shapely

    parts, owner = shapely.get_parts(shapes, return_index=True)
    while (shapely.get_type_id(parts) > 3).any():
        parts, inner = shapely.get_parts(parts, return_index=True)
        owner = owner[inner]
    areal = shapely.get_type_id(parts) == 3
    return parts[areal], owner[areal]


def _ring_areas(rings: NDArray[np.object_]) -> Numbers:
    import shapely

    xy, ring = shapely.get_coordinates(rings, return_index=True)
    lon, phi = np.radians(xy[:, 0]), np.radians(xy[:, 1])
    first = np.searchsorted(ring, np.arange(len(rings)))
    base = _area_below(phi[first])[ring[:-1]]
    middle = _area_below((phi[1:] + phi[:-1]) / 2)
    ends = _area_below(phi)
    height = (ends[1:] + 4 * middle + ends[:-1]) / 6 - base
    edges = np.where(ring[1:] == ring[:-1], np.diff(lon) * height, 0.0)
    return np.abs(np.bincount(ring[:-1], weights=edges, minlength=len(rings)))


def _area_below(phi: Numbers) -> Numbers:
    """Square metres between the equator and latitude `phi` (radians) per radian of longitude."""
    s = np.sin(phi)
    flat: Numbers = s / (1 - _E2 * s * s) + np.arctanh(_E * s) / _E
    return _A * _A * (1 - _E2) / 2 * flat
