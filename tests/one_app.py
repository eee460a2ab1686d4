"""One app serves one test after the other: to make it takes a second, to bind it anew nothing."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import anyio

from api.dependencies import Beginner
from api.doorkeeper import Doorkeeper
from api.main import App, create_app
from api.settings import Settings
from api.tilings import Tilings
from api.together import Together
from gis.passwords import Passwords


@cache
def the_app() -> App:
    """The app of this test process. Routes are never added to it: such a test makes its own."""
    return create_app(Settings(_env_file=None), None)  # type: ignore[arg-type]


def over(app: App, engine: Beginner, passwords: Passwords) -> App:
    """The app over another engine, with fresh settings and nothing overridden."""
    settings = Settings(_env_file=None)
    app.state.service = replace(
        app.state.service,
        settings=settings,
        engine=engine,
        passwords=passwords,
        tilings=Tilings(settings.tiling_folder()),
        keys=Doorkeeper(),
        together=Together(),
        turns=anyio.CapacityLimiter(settings.connections),
    )
    app.dependency_overrides.clear()
    return app
