"""Does the service work, and what exactly is it?"""

from __future__ import annotations

from functools import cache
from importlib.metadata import version

from fastapi import APIRouter
from pydantic import BaseModel

from api.access import Access, open_to
from api.dependencies import Database
from gis.errors import Unavailable
from gis.store.database import revision
from gis.store.edition_lock import boundary_version

router = APIRouter(tags=["service"])


class HealthOut(BaseModel):
    status: str


class StatusOut(BaseModel):
    version: str
    schema_revision: str
    boundary_version: int


@router.get("/health")
@open_to(Access.PUBLIC)
def health(database: Database) -> HealthOut:
    """200 while the database answers and has the shape this code expects, else 503."""
    if revision(database) != expected_revision():
        raise Unavailable("error.schema_differs")
    return HealthOut(status="ok")


@router.get("/api/v1/status")
@open_to(Access.SYSTEM)
def status(database: Database) -> StatusOut:
    """For machines that watch over us: versions of the code, the schema and the boundaries."""
    return StatusOut(
        version=version("wangge"),
        schema_revision=revision(database),
        boundary_version=boundary_version(database),
    )


@cache
def expected_revision() -> str:
    """The newest migration in this code; read once, when first asked for."""
    from migrations import head

    return head()
