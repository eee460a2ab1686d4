"""A made-up town for the browser tests: a seeded tiling, and the few routes the pages talk to."""

from __future__ import annotations

import hashlib
import json
import random
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import shapely
from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse
from fastapi.staticfiles import StaticFiles

from maps import pages
from maps.words import choose_language

TODAY = date(2026, 11, 22)
REDRAWN = date(2026, 6, 1)  # from this day on two of the grids are one
NONCE = "bm9uY2U"
POLICY = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; font-src 'self'; manifest-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
LEVELS = ["county", "subdistrict", "community", "grid"]
LEVEL_NAMES = dict(zip(LEVELS, ["区县", "街道", "社区", "网格"], strict=True))
WIDE, HIGH = 12, 9
NAMES = ["滨江", "凤栖", "玉带", "松林", "临泉", "望山"]
NAMES += ["石桥", "柳荫", "兴业", "和平", "长乐", "云台"]


@dataclass(frozen=True)
class Region:
    """One region of the town while it is valid; `until` is the first day it is no more."""

    level: str
    code: str
    name: str
    parent: str | None
    shape: shapely.Geometry | None
    since: date = date(2024, 1, 1)
    until: date | None = None

    def valid(self, at: date) -> bool:
        return self.since <= at and (self.until is None or at < self.until)


def draw_town(seed: int = 7) -> list[Region]:
    """A county of 2 subdistricts, 12 communities and 108 grids that share every corner exactly."""
    corners = _corners(random.Random(seed))
    regions: list[Region] = []
    for place in range(12):
        column, row = place % 4, place // 4
        code = f"5001990{1 + column // 2:02d}{place + 1:03d}"
        cells = [(3 * column + i % 3, 3 * row + i // 3) for i in range(9)]
        for number, (x, y) in enumerate(cells, 1):
            name, shape = f"第{number:02d}网格", _cell(corners, x, y)
            grid = Region("grid", f"{code}{number:03d}", name, code, shape)
            regions += _redrawn(grid) if place == 5 and number in (1, 2) else [grid]
        shape = shapely.union_all([_cell(corners, x, y) for x, y in cells])
        regions.append(Region("community", code, f"{NAMES[place]}社区", code[:9], shape))
    for code, name in (("500199001", "清溪街道"), ("500199002", "北岸街道")):
        regions.append(Region("subdistrict", code, name, "500199", _union(regions, code)))
    regions.append(Region("county", "500199", "示例区", None, _union(regions, "500199")))
    return regions + _merged(regions)


def _corners(rng: random.Random) -> dict[tuple[int, int], tuple[float, float]]:
    def bend(y: float) -> float:
        return 0.0016 * ((y / HIGH) ** 2)

    return {
        (x, y): (
            round(106.55 + 0.0042 * x + rng.uniform(-0.0011, 0.0011) + bend(y), 7),
            round(29.55 + 0.0036 * y + rng.uniform(-0.0009, 0.0009) + 0.0008 * (x % 5) / 4, 7),
        )
        for x in range(WIDE + 1)
        for y in range(HIGH + 1)
    }


def _cell(corners: dict[tuple[int, int], tuple[float, float]], x: int, y: int) -> shapely.Polygon:
    return shapely.Polygon([corners[x + i, y + j] for i, j in ((0, 0), (1, 0), (1, 1), (0, 1))])


def _union(regions: list[Region], parent: str) -> shapely.Geometry:
    return shapely.union_all([r.shape for r in regions if r.parent == parent])


def _redrawn(grid: Region) -> list[Region]:
    return [Region(grid.level, grid.code, grid.name, grid.parent, grid.shape, until=REDRAWN)]


def _merged(regions: list[Region]) -> list[Region]:
    ended = [r for r in regions if r.until == REDRAWN]
    parent = ended[0].parent
    shape = shapely.union_all([r.shape for r in ended])
    return [Region("grid", f"{parent}010", "第10网格", parent, shape, since=REDRAWN)]


def as_feature(region: Region) -> dict[str, Any]:
    """A region as the service sends it in GeoJSON."""
    return {
        "type": "Feature",
        "id": region.code,
        "properties": {
            "code": region.code,
            "name": region.name,
            "level": region.level,
            "parent_code": region.parent,
            "edition": "2024 年版",
        },
        "geometry": json.loads(shapely.to_geojson(region.shape)),
    }


def make_service(town: list[Region]) -> FastAPI:
    """A service with the pages and the town's regions; every answer of a page carries the CSP."""
    app = FastAPI(docs_url=None, redoc_url=None, title="Wangge")
    app.mount("/static", StaticFiles(directory=Path(pages.__file__).parent / "static"))
    _add_pages(app, town)
    _add_regions(app, town)
    _add_session(app)
    return app


def level_choices(town: list[Region]) -> list[pages.LevelChoice]:
    """The levels as `GET /api/v1/levels` gives them."""
    return [
        {
            "code": level,
            "name": LEVEL_NAMES[level],
            "rank": 30 + 10 * rank,
            "overlay": False,
            "count": sum(r.level == level and r.valid(TODAY) for r in town),
        }
        for rank, level in enumerate(LEVELS)
    ]


def _add_pages(app: FastAPI, town: list[Region]) -> None:
    def language(request: Request) -> str:
        given = request.cookies.get("lang") or request.headers.get("Accept-Language")
        return choose_language(given)

    def send(html: str) -> HTMLResponse:
        policy = POLICY.format(nonce=NONCE)
        return HTMLResponse(html, headers={"Content-Security-Policy": policy})

    @app.get("/")
    def regions(request: Request) -> Response:
        return send(
            pages.regions_page(
                language=language(request),
                nonce=NONCE,
                levels=level_choices(town),
                today=TODAY,
                bounds=tuple(shapely.total_bounds([r.shape for r in town])),
                edition_count=2,
                review_no=None,
                account_name="演示账户",
            )
        )

    @app.get("/sign-in")
    def sign_in(request: Request) -> Response:
        return send(pages.sign_in_page(language=language(request), nonce=NONCE))

    @app.get("/docs")
    def docs(request: Request) -> Response:
        return send(pages.docs_page(language=language(request), nonce=NONCE))

    @app.get("/lost")
    def lost(request: Request) -> Response:
        text = "<b>x</b> ${7*7}"
        return send(
            pages.error_page(
                language=language(request), nonce=NONCE, title="找不到这一页", text=text
            )
        )


def _add_regions(app: FastAPI, town: list[Region]) -> None:
    def at_level(level: str, at: date) -> list[Region]:
        return sorted((r for r in town if r.level == level and r.valid(at)), key=lambda r: r.code)

    @app.get("/api/v1/regions.geojson")
    def shapes(level: str, at: date, bbox: str, zoom: int, request: Request) -> Response:
        box = shapely.box(*map(float, bbox.split(",")))
        found = [r for r in at_level(level, at) if r.shape and r.shape.intersects(box)]
        body = json.dumps(
            {
                "type": "FeatureCollection",
                "features": [as_feature(r) for r in found],
                "truncated": False,
                "total": len(found),
            }
        )
        tag = f'"{hashlib.sha256(body.encode()).hexdigest()[:16]}"'
        headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
        if request.headers.get("If-None-Match") == tag:
            return Response(status_code=304, headers=headers)
        return Response(body, media_type="application/geo+json", headers=headers)

    @app.get("/api/v1/regions")
    def rows(
        level: str, at: date, q: str = "", limit: int = 50, after: str = ""
    ) -> dict[str, object]:
        found = [r for r in at_level(level, at) if r.code.startswith(q) or q in r.name]
        page = [r for r in found if r.code > after][: limit + 1]
        return {
            "regions": [_row(r) for r in page[:limit]],
            "next": page[limit - 1].code if len(page) > limit else None,
        }

    @app.get("/api/v1/regions/{level}/{code}")
    def facts(level: str, code: str, at: date) -> Response:
        found = [r for r in at_level(level, at) if r.code == code]
        if not found:
            problem = {"title": "Not found", "status": 404, "detail": f"{at} 没有区划 {code}。"}
            return JSONResponse(problem, 404, media_type="application/problem+json")
        return JSONResponse(_facts(town, found[0], at))


def _row(region: Region) -> dict[str, object]:
    return {
        "code": region.code,
        "name": region.name,
        "level": region.level,
        "level_name": LEVEL_NAMES[region.level],
        "parent_code": region.parent,
        "has_shape": region.shape is not None,
    }


def _facts(town: list[Region], region: Region, at: date) -> dict[str, object]:
    above, here = [], region
    while here.parent:
        here = next(r for r in town if r.code == here.parent)
        above.insert(0, _row(here))
    under = [r for r in town if r.parent == region.code and r.valid(at)]
    middle = shapely.point_on_surface(region.shape)
    return {
        **_row(region),
        "codes": [{"scheme": "main", "code": region.code}],
        "names": [{"lang": "zh", "kind": "official", "name": region.name}],
        "ancestors": above,
        "children_count": {under[0].level: len(under)} if under else {},
        "valid_from": region.since.isoformat(),
        "valid_to": region.until.isoformat() if region.until else None,
        "edition": {
            "name": "2024 年版",
            "source": "示例数据（虚构，非真实地图）",
            "valid_from": region.since.isoformat(),
        },
        "area_m2": region.shape.area * 111_000 * 96_600,
        "bbox": region.shape.bounds,
        "center": [middle.x, middle.y],
    }


def _add_session(app: FastAPI) -> None:
    @app.post("/api/v1/session")
    def begin(body: dict[str, str], request: Request) -> Response:
        if request.headers.get("X-Requested-With") != "wangge":
            return Response(status_code=403)
        if body != {"login": "demo", "password": "correct"}:
            problem = {"title": "Not signed in", "status": 401, "detail": "用户名或密码不对。"}
            return JSONResponse(problem, 401, media_type="application/problem+json")
        answer = Response(status_code=204)
        answer.set_cookie("session", "made-up", httponly=True, samesite="strict")
        return answer

    @app.get("/api/v1/me")
    def me() -> dict[str, object]:
        return {"must_change_password": False}

    @app.post("/api/v1/session/end")
    def end() -> Response:
        answer = Response(status_code=204)
        answer.delete_cookie("session")
        return answer
