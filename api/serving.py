"""Serve: the HTTP door over a ready database, and the demo. Ctrl-C ends all that was started."""

from __future__ import annotations

import gc
import logging
import signal
import sys
from typing import TYPE_CHECKING, Final

from api.contact_keys import seal_of
from api.settings import Settings
from api.start import ready_database
from api.terminal import tell
from api.worker_process import working
from gis.errors import Conflict, NotAllowed
from gis.store.database import analyze, connect_engine

if TYPE_CHECKING:
    from sqlalchemy import Engine

YOUNG_OBJECTS: Final = 10_000
SWITCH_S: Final = 0.0005  # how long one thread may keep the others waiting
GOODBYE_S: Final = 1  # how long open requests may take to end after Ctrl-C
LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")


def serve(settings: Settings, host: str) -> None:
    """Serve until Ctrl-C. Raises NotAllowed when demo accounts would be reachable from outside."""
    with ready_database(settings) as ready:
        engine = connect_engine(ready.service_url, pool_size=settings.connections)
        try:
            _refuse_open_demo(engine, host)
            _run(settings, engine, host, ready.service_url)
        finally:
            engine.dispose()


def demo(settings: Settings) -> None:
    """Make the demo ready and serve it on this machine only."""
    with ready_database(settings) as ready:
        engine = connect_engine(ready.service_url, pool_size=settings.connections)
        try:
            _fill(engine, settings)
            if ready.migrate_url:
                analyze(ready.migrate_url)
            _run(settings, engine, "127.0.0.1", ready.service_url)
        finally:
            engine.dispose()


def _fill(engine: Engine, settings: Settings) -> None:
    """Load the demo into an empty database; refuse to mix it with anybody's real data."""
    from datetime import datetime

    from api.demo import load_demo
    from gis.model import BEIJING
    from gis.passwords import Passwords
    from gis.store.accounts import demo_accounts_exist
    from gis.store.edition_lock import boundary_version
    from gis.workflows.demo_accounts import demo_accounts

    now = datetime.now(BEIJING)
    with engine.begin() as connection:
        if boundary_version(connection) == 0:
            tell("demo.loading")
            load_demo(connection, lambda: seal_of(settings), now)
        elif not demo_accounts_exist(connection):
            raise Conflict("error.demo_beside_real_data", home=str(settings.cluster_home()))
        accounts = demo_accounts(connection, Passwords(), now)
    tell("demo.accounts", password=accounts[0].password)
    for one in accounts:
        first, *more = one.regions or ("*",)
        over = f"{first} … ({len(one.regions)})" if more else first
        print(f"  {one.login:<26}{one.role.value:<18}{over}")


def _refuse_open_demo(engine: Engine, host: str) -> None:
    from gis.store.accounts import demo_accounts_exist

    if host in LOOPBACK:
        return
    with engine.connect() as connection:
        if demo_accounts_exist(connection):
            raise NotAllowed("error.demo_not_outside", host=host)


def _run(settings: Settings, engine: Engine, host: str, service_url: str) -> None:
    import uvicorn

    from api.main import create_app
    from api.tilings import Tilings, watching

    logging.basicConfig(
        format="%(asctime)s %(levelname)s %(name)s %(message)s", datefmt="%Y-%m-%dT%H:%M:%S%z"
    )
    tilings = Tilings(settings.tiling_folder())
    app = create_app(settings, engine, tilings=tilings)
    seal_of(settings)  # a key that can't be read stops the start, not the first report
    # uvicorn gives the signal on after its own shutdown; it must not end us before we tidy up.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    _keep_pauses_short()
    tell("serve.address", address=f"http://{host}:{settings.port}")
    keys = app.state.service.keys
    with working(settings, service_url), watching(tilings, keys, service_url):
        uvicorn.run(
            app,
            host=host,
            port=settings.port,
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=GOODBYE_S,
            server_header=False,
        )


def _keep_pauses_short() -> None:
    """No request waits long for garbage to be looked for, nor for a thread that computes.

    What is loaded now is left out of it, and so is each new index's part (`api.tilings`); the young
    objects are looked through when there are ten thousand, not seven hundred. And whoever reads or
    writes on the network gives up its turn and waits for the next, by default five milliseconds,
    several times a request.
    """
    from api.tilings import keep_out_of_garbage

    keep_out_of_garbage()
    gc.set_threshold(YOUNG_OBJECTS)
    sys.setswitchinterval(SWITCH_S)
