"""Every table, once. What the words mean: `docs/glossary.md`; why so: `docs/decisions/`."""

from gis.store.tables.accounts import (
    account,
    account_event,
    account_session,
    api_key,
    role_grant,
    sign_in_failure,
)
from gis.store.tables.base import metadata
from gis.store.tables.regions import (
    boundary_state,
    draft_region,
    edition,
    level,
    region,
    region_code,
    region_name,
    region_version,
    shape,
)

__all__ = [
    "account",
    "account_event",
    "account_session",
    "api_key",
    "boundary_state",
    "draft_region",
    "edition",
    "level",
    "metadata",
    "region",
    "region_code",
    "region_name",
    "region_version",
    "role_grant",
    "shape",
    "sign_in_failure",
]
