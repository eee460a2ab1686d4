"""Every route of the service, whom it serves, and what each role gets there.

A new route fails here until it is listed; a route that changes its mind fails too.
"""

from __future__ import annotations

from typing import Final

import pytest
from fastapi.routing import APIRoute, iter_route_contexts
from sqlalchemy import Connection
from starlette.routing import Mount, Route
from starlette.testclient import TestClient

from api.access import Access, declaration_of
from api.dependencies import clock
from api.main import App, api_routes
from gis.accounts import Grant, Role
from gis.passwords import Passwords
from gis.workflows import keys
from tests.api.people import ADDRESS, PASSWORD, add_person
from tests.makers import NOW

PUBLIC, ACCOUNT, PERSON, SYSTEM = Access
ANY: Final[frozenset[Role]] = frozenset()
EDITIONS: Final = {Role.PLANNER, Role.DISPATCHER, Role.COMMUNITY_CLERK}
COVERAGE: Final = {Role.PLANNER, Role.DISPATCHER, Role.COMMUNITY_CLERK, Role.GRID_MEMBER}

# (path, method) → whom it serves, the roles that may (none listed: every account).
# Beside it, where rows are scoped: which test shows that outside looks like nowhere.
ROUTES: Final = {
    ("/health", "GET"): (PUBLIC, ANY),
    ("/sign-in", "GET"): (PUBLIC, ANY),
    ("/docs", "GET"): (PUBLIC, ANY),
    ("/api/v1/session", "POST"): (PUBLIC, ANY),
    ("/api/v1/session/end", "POST"): (PERSON, ANY),
    ("/api/v1/session/password", "POST"): (PERSON, ANY),
    ("/api/v1/me", "GET"): (ACCOUNT, ANY),
    ("/api/v1/status", "GET"): (SYSTEM, ANY),
    # accounts: scoped, test_accounts.py
    ("/api/v1/accounts", "GET"): (ACCOUNT, {Role.ACCOUNT_ADMIN}),
    ("/api/v1/accounts/{login}", "GET"): (ACCOUNT, {Role.ACCOUNT_ADMIN}),
    ("/api/v1/account-events", "GET"): (ACCOUNT, {Role.AUDIT_ADMIN}),
    ("/api/v1/editions/{edition_id}/day", "POST"): (ACCOUNT, EDITIONS),
    # codes, names and boundaries: open to every account, whatever its regions
    ("/", "GET"): (ACCOUNT, ANY),
    ("/field", "GET"): (ACCOUNT, COVERAGE - {Role.PLANNER}),  # own grids only: test_field_page.py
    ("/api/v1/levels", "GET"): (ACCOUNT, ANY),
    ("/api/v1/regions", "GET"): (ACCOUNT, ANY),
    ("/api/v1/regions.geojson", "GET"): (ACCOUNT, ANY),
    ("/api/v1/regions/{level}/{code}", "GET"): (ACCOUNT, ANY),
    # editions: who may do what with which is decided by its root, test_editions.py
    ("/api/v1/editions", "GET"): (ACCOUNT, EDITIONS | {Role.AUDITOR}),
    ("/api/v1/editions/{edition_id}", "GET"): (ACCOUNT, EDITIONS | {Role.AUDITOR}),
    ("/api/v1/editions/{edition_id}/changes", "GET"): (ACCOUNT, EDITIONS | {Role.AUDITOR}),
    ("/api/v1/editions/{edition_id}/faults", "GET"): (ACCOUNT, EDITIONS | {Role.AUDITOR}),
    ("/api/v1/editions/{edition_id}/faults/accept", "POST"): (ACCOUNT, {Role.PLANNER}),
    ("/api/v1/editions/{edition_id}/approvals", "POST"): (ACCOUNT, EDITIONS),
    ("/api/v1/editions/{edition_id}/schedule", "POST"): (ACCOUNT, {Role.PLANNER}),
    ("/api/v1/editions/{edition_id}/changes.geojson", "GET"): (ACCOUNT, EDITIONS | {Role.AUDITOR}),
    ("/api/v1/editions/{edition_id}/withdraw", "POST"): (ACCOUNT, EDITIONS),
    ("/api/v1/editions/{edition_id}/undo", "POST"): (ACCOUNT, {Role.PLANNER}),
    ("/nets", "GET"): (ACCOUNT, ANY),
    ("/proposals", "GET"): (ACCOUNT, {Role.PLANNER, Role.COMMUNITY_CLERK}),
    ("/editions", "GET"): (ACCOUNT, EDITIONS | {Role.AUDITOR}),
    # changes of grids: over the own communities only, test_proposals.py
    ("/api/v1/proposals/impact", "POST"): (ACCOUNT, {Role.PLANNER, Role.COMMUNITY_CLERK}),
    ("/api/v1/proposals/sides", "POST"): (ACCOUNT, {Role.PLANNER, Role.COMMUNITY_CLERK}),
    ("/api/v1/proposals", "POST"): (ACCOUNT, {Role.PLANNER, Role.COMMUNITY_CLERK}),
    ("/api/v1/proposals/{edition_id}/impact", "GET"): (
        ACCOUNT,
        {Role.PLANNER, Role.COMMUNITY_CLERK, Role.DISPATCHER},
    ),
    ("/api/v1/proposals/{edition_id}.geojson", "GET"): (ACCOUNT, EDITIONS | {Role.AUDITOR}),
    ("/api/v1/proposals/communities", "GET"): (ACCOUNT, {Role.PLANNER, Role.COMMUNITY_CLERK}),
    ("/api/v1/proposals/communities/{code}", "GET"): (
        ACCOUNT,
        {Role.PLANNER, Role.COMMUNITY_CLERK},
    ),
    # boundary health; who sees vacancies there: test_audit.py
    ("/audit", "GET"): (ACCOUNT, EDITIONS | {Role.AUDITOR}),
    ("/api/v1/audit", "GET"): (ACCOUNT, EDITIONS | {Role.AUDITOR}),
    ("/api/v1/audit.geojson", "GET"): (ACCOUNT, EDITIONS | {Role.AUDITOR}),
    ("/api/v1/audit.xlsx", "GET"): (ACCOUNT, EDITIONS | {Role.AUDITOR}),
    ("/api/v1/audit/repairs.geojson", "GET"): (ACCOUNT, EDITIONS | {Role.AUDITOR}),
    ("/api/v1/audit/repairs", "POST"): (ACCOUNT, {Role.PLANNER}),
    # unowned places; who sees what stands there: test_unowned.py
    ("/api/v1/unowned", "GET"): (ACCOUNT, EDITIONS | {Role.AUDITOR}),
    ("/api/v1/unowned.geojson", "GET"): (ACCOUNT, EDITIONS | {Role.AUDITOR}),
    # nets of grids: open to read; stated over the own regions only, test_nets.py
    ("/api/v1/nets", "GET"): (ACCOUNT, ANY),
    ("/api/v1/nets", "POST"): (ACCOUNT, {Role.PLANNER, Role.COMMUNITY_CLERK}),
    ("/api/v1/nets/match", "POST"): (ACCOUNT, {Role.PLANNER, Role.COMMUNITY_CLERK}),
    ("/api/v1/nets/{code}", "GET"): (ACCOUNT, ANY),
    ("/api/v1/nets/{code}/units", "GET"): (ACCOUNT, ANY),
    ("/api/v1/nets/{code}/units", "POST"): (ACCOUNT, {Role.PLANNER, Role.COMMUNITY_CLERK}),
    ("/api/v1/nets/{code}/end", "POST"): (ACCOUNT, {Role.PLANNER, Role.COMMUNITY_CLERK}),
    ("/api/v1/nets/{code}/units.geojson", "GET"): (ACCOUNT, ANY),
    ("/api/v1/nets/{code}/faults", "GET"): (ACCOUNT, ANY),
    # contested ground: open to read; kept by those over all who claim it, test_disputes.py
    ("/api/v1/disputes", "GET"): (ACCOUNT, ANY),
    ("/api/v1/disputes.geojson", "GET"): (ACCOUNT, ANY),
    ("/api/v1/disputes", "POST"): (ACCOUNT, {Role.PLANNER, Role.COMMUNITY_CLERK}),
    ("/api/v1/disputes/{code}/terms", "POST"): (ACCOUNT, {Role.PLANNER, Role.COMMUNITY_CLERK}),
    ("/api/v1/disputes/{code}/settle", "POST"): (ACCOUNT, {Role.PLANNER, Role.COMMUNITY_CLERK}),
    # intake: anyone may file anywhere; what is told of others is scoped, test_receive_matter.py
    ("/api/v1/matters", "POST"): (ACCOUNT, ANY),
    ("/api/v1/responsible", "GET"): (ACCOUNT, ANY),
    ("/api/v1/categories", "GET"): (ACCOUNT, ANY),
    # where things stand and who acts: open; households, members and vacancies: test_places.py
    ("/api/v1/buildings", "GET"): (ACCOUNT, ANY),
    ("/api/v1/buildings.geojson", "GET"): (ACCOUNT, ANY),
    ("/api/v1/buildings/near", "GET"): (ACCOUNT, ANY),
    ("/api/v1/buildings/{code}", "GET"): (ACCOUNT, ANY),
    ("/api/v1/facilities", "GET"): (ACCOUNT, ANY),
    ("/api/v1/facilities.geojson", "GET"): (ACCOUNT, ANY),
    ("/api/v1/facility-kinds", "GET"): (ACCOUNT, ANY),
    ("/api/v1/members", "GET"): (ACCOUNT, ANY),
    ("/api/v1/vacancies", "GET"): (ACCOUNT, ANY),
    ("/api/v1/organisations", "GET"): (ACCOUNT, ANY),
    ("/api/v1/regions/{level}/{code}/{relation}", "GET"): (ACCOUNT, ANY),
    ("/api/v1/regions/{level}/{code}/{relation}/shapes.geojson", "GET"): (ACCOUNT, ANY),
    ("/api/v1/regions/intersecting", "POST"): (ACCOUNT, ANY),
    ("/api/v1/regions/intersecting/shapes.geojson", "POST"): (ACCOUNT, ANY),
    ("/api/v1/ownership", "GET"): (ACCOUNT, ANY),
    ("/api/v1/ownership.pdf", "GET"): (ACCOUNT, ANY),
    ("/api/v1/ownership-keys", "GET"): (PUBLIC, ANY),  # public keys: for whoever holds a statement
    ("/api/v1/locate", "GET"): (ACCOUNT, ANY),
    ("/api/v1/locate/batch", "POST"): (ACCOUNT, ANY),
    ("/api/v1/locate/region", "GET"): (ACCOUNT, ANY),
    ("/api/v1/locate/regions", "POST"): (ACCOUNT, ANY),
    ("/api/v1/geocode", "GET"): (ACCOUNT, ANY),
    ("/api/v1/geocode/batch", "POST"): (ACCOUNT, ANY),
    ("/api/v1/reverse", "GET"): (ACCOUNT, ANY),
    ("/api/v1/qr.svg", "GET"): (ACCOUNT, ANY),
    # matters: each by its reader's sight, test_matter_scope.py
    ("/api/v1/matters", "GET"): (ACCOUNT, ANY),
    ("/api/v1/matters.geojson", "GET"): (ACCOUNT, ANY),
    ("/api/v1/matters/summary", "GET"): (ACCOUNT, ANY),
    ("/api/v1/matters/{no}", "GET"): (ACCOUNT, ANY),
    ("/api/v1/matters/{no}/steps", "POST"): (ACCOUNT, ANY),
    ("/api/v1/matters/{no}/replies", "POST"): (ACCOUNT, ANY),
    ("/api/v1/matters/{no}/contact", "GET"): (ACCOUNT, ANY),
    ("/api/v1/matter-accesses", "GET"): (ACCOUNT, {Role.AUDITOR}),
    # households: scoped, test_coverage.py
    ("/api/v1/coverage", "GET"): (ACCOUNT, COVERAGE),
    ("/api/v1/coverage.csv", "GET"): (ACCOUNT, COVERAGE),
    ("/api/v1/coverage.xlsx", "GET"): (ACCOUNT, COVERAGE),
    ("/api/v1/coverage.html", "GET"): (ACCOUNT, COVERAGE),
    ("/coverage", "GET"): (ACCOUNT, COVERAGE),
    ("/api/v1/coverage/gaps.geojson", "GET"): (ACCOUNT, COVERAGE),
    ("/api/v1/coverage/reach.geojson", "GET"): (ACCOUNT, COVERAGE),
}
# What passes by the declarations: no data of anybody, public by what it is.
BESIDE: Final = {"/openapi.json": Route, "/static": Mount}

# Routes that an account which must change its password may use.
EARLY: Final = {
    ("/api/v1/me", "GET"),
    ("/api/v1/session/end", "POST"),
    ("/api/v1/session/password", "POST"),
}


def test_every_route_is_listed_with_what_it_declares(app: App):
    found = {}
    for path, method, endpoint in api_routes(app):
        declared = declaration_of(endpoint)
        found[path, method] = (declared.access, declared.roles)

    assert found == ROUTES


def test_nothing_else_is_served_beside_the_declared_routes(app: App):
    contexts = iter_route_contexts(app.routes)
    beside = {
        c.path: type(c.original_route)
        for c in contexts
        if not isinstance(c.original_route, APIRoute)
    }

    assert beside == BESIDE


def test_early_routes_are_listed(app: App):
    early = {(p, m) for p, m, endpoint in api_routes(app) if declaration_of(endpoint).early}

    assert early == EARLY


def expected(path: str, method: str, role: Role | None, *, by_key: bool) -> bool:
    """May an account with this one role pass the door of a route?"""
    access, roles = ROUTES[path, method]
    if access in (PERSON, SYSTEM) and by_key != (access is SYSTEM):
        return False
    return not roles or role in roles


def passed(client: TestClient, path: str, method: str, headers: dict[str, str]) -> bool:
    """Not turned away at the door; what is behind it may say 404 or 422."""
    filled = path.format(
        login="nobody.here",
        level="grid",
        code="A",
        relation="children",
        no="20260101-000001",
        edition_id=1,
    )
    body = {"json": {}} if method == "POST" else {}
    answer = client.request(method, filled, headers=headers, follow_redirects=False, **body)
    assert answer.status_code < 500
    return answer.status_code not in (401, 403, 303)


@pytest.mark.parametrize("role", [None, *Role])
def test_each_role_passes_its_doors_and_no_other(
    app: App, connection: Connection, passwords: Passwords, role: Role | None
):
    del app.dependency_overrides[clock]
    add_person(connection, passwords, "li.na", *([Grant(role)] if role else []))
    key = keys.add_key(connection, "li.na", "test", 3650 // 10, NOW).key
    by_key = {"Authorization": f"Bearer {key}"}
    wrong = []
    with TestClient(app, base_url=ADDRESS, headers={"Origin": ADDRESS}) as client:
        client.post("/api/v1/session", json={"login": "li.na", "password": PASSWORD})
        signing_out_last = sorted(ROUTES, key=lambda route: route[0].endswith("/session/end"))
        for path, method in signing_out_last:
            for headers in (by_key, {}):
                may = expected(path, method, role, by_key=bool(headers))
                if passed(client, path, method, headers) != may:
                    wrong.append((path, method, bool(headers), may))

    assert wrong == []


def test_without_an_account_only_public_routes_open(client: TestClient):
    opened = {route for route in ROUTES if passed(client, *route, {})}

    assert opened == {route for route, (access, _) in ROUTES.items() if access is PUBLIC}


def test_the_description_says_whom_each_route_serves(app: App):
    for (path, method), (access, roles) in ROUTES.items():
        operation = app.openapi()["paths"].get(path, {}).get(method.lower())
        if operation is not None:
            assert operation["x-access"] == access.value
            assert set(operation["x-roles"]) == set(roles)
            assert bool(operation["security"]) == (access is not PUBLIC)
