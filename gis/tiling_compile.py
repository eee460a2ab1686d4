"""Compile the kernels of the tiling index, once a machine if its disk can keep them.

numba keeps compiled code by the file a function stands in, and knows nothing of the files it calls
into: with a constant changed in one file, functions of another would go on with the old one. So
ours are kept in a folder named by the sum of all files of the index.

numba and its compiler take a fifth of the time that the service needs to be imported, and most
commands never ask an index. So they are loaded at the first call of a kernel.
"""

from __future__ import annotations

import hashlib
import os
import threading
from functools import cache, wraps
from pathlib import Path
from types import FunctionType
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable

Function = TypeVar("Function", bound="Callable[..., object]")

_WAITING: Final[dict[Any, Any]] = {}  # what stands for a function → the function
_COMPILED: Final[dict[Any, Any]] = {}  # what stands for a function → numba's
_ONE_AT_A_TIME: Final = threading.RLock()


def compiled(function: Function) -> Function:
    """Compile at the first call, for threads that need not wait for one another.

    Without fast-math, so that every rounding is the one that IEEE 754 names.
    """

    @wraps(function)
    def stand_in(*given: object) -> object:
        ready = _COMPILED.get(stand_in)
        if ready is None:
            _prepare()
            ready = _COMPILED[stand_in]
        return ready(*given)

    _WAITING[stand_in] = function
    return cast("Function", stand_in)


def _prepare() -> None:
    """Give all functions that wait to numba, and to one another: a kernel calls compiled code, not
    what stands for it.
    """
    with _ONE_AT_A_TIME:
        made = {stand_in: _given_to_numba(function) for stand_in, function in _WAITING.items()}
        for names in {id(one.__globals__): one.__globals__ for one in _WAITING.values()}.values():
            for name, value in list(names.items()):
                if isinstance(value, FunctionType) and value in made:
                    names[name] = made[value]
        _COMPILED.update(made)
        _WAITING.clear()


def _given_to_numba(function: Callable[..., object]) -> Any:
    import numba

    folder = kept_in()
    if folder is None:
        return numba.njit(nogil=True)(function)
    config: Any = numba.config
    before, config.CACHE_DIR = config.CACHE_DIR, str(folder)
    try:
        return numba.njit(cache=True, nogil=True)(function)
    finally:
        config.CACHE_DIR = before


@cache
def kept_in() -> Path | None:
    """Where compiled code is kept: beside the source, else in the user's cache; None if nowhere."""
    here = Path(__file__).parent
    digest = hashlib.sha256(b"".join(one.read_bytes() for one in sorted(here.glob("tiling_*.py"))))
    name = f"tiling-{digest.hexdigest()[:16]}"
    for parent in (here / "__pycache__", Path("~/.cache/wangge").expanduser()):
        folder = parent / name
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(folder, os.W_OK):
            return folder
    return None
