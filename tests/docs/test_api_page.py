"""docs/api.md names every route and every problem there is, and none that isn't."""

from __future__ import annotations

import re
from pathlib import Path

from api.access import declaration_of
from api.errors import FIELDS, PROBLEMS, PROTOCOL
from api.main import api_routes, create_app
from api.settings import Settings

PAGE = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")


def test_every_route_stands_on_the_page_with_its_access():
    app = create_app(Settings(_env_file=None), engine=None)
    written = set(re.findall(r"^\| (GET|POST|PUT|PATCH|DELETE) \| `(\S+)` \| (\w+) \|", PAGE, re.M))
    built = {
        (method, path, declaration_of(endpoint).access.value)
        for path, method, endpoint in api_routes(app)
    }
    assert written == built


def test_every_problem_type_stands_on_the_page_with_its_status():
    written = set(re.findall(r"^\| `/problems/([a-z-]+)` \| (\d+) \|", PAGE, re.M))
    ours = {(slug, str(status)) for status, slug in PROBLEMS.values()}
    protocol = {(slug, str(status)) for status, slug in PROTOCOL.items()}
    assert written == ours | protocol | {(FIELDS, "422")}
