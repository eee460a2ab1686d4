"""Compile the kernels of the tiling index, once a machine if its disk can keep them.

numba keeps compiled code by the file a function stands in, and knows nothing of the files it calls
into: with a constant changed in one file, functions of another would go on with the old one. So
ours are kept in a folder named by the sum of all files of the index.
"""

from __future__ import annotations

import hashlib
import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numba

if TYPE_CHECKING:
    from collections.abc import Callable

Function = TypeVar("Function", bound="Callable[..., object]")


def compiled(function: Function) -> Function:
    """Compile at the first call, for threads that need not wait for one another.

    Without fast-math, so that every rounding is the one that IEEE 754 names.
    """
    folder = kept_in()
    if folder is None:
        return cast("Function", numba.njit(nogil=True)(function))
    config: Any = numba.config
    before, config.CACHE_DIR = config.CACHE_DIR, str(folder)
    try:
        return cast("Function", numba.njit(cache=True, nogil=True)(function))
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
