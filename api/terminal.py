"""How commands talk: the terminal's language, progress on a terminal, plain lines elsewhere."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from maps.words import choose_language, say, words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gis.errors import GridError


class Step(Protocol):
    """Called with how much has been done so far."""

    def __call__(self, done: int) -> None: ...


def language(environment: Mapping[str, str] = os.environ) -> str:
    """WANGGE_LANG, else the locale's language; 中文 when neither names one we have.

    >>> language({"LANG": "en_US.UTF-8"}), language({"LANG": "C.UTF-8"})
    ('en', 'zh-CN')
    """
    for name in ("WANGGE_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        if environment.get(name):
            return choose_language(environment[name].partition(".")[0].replace("_", "-"))
    return choose_language(None)


def tell(key: str, **values: object) -> None:
    """Say one sentence on standard output."""
    print(say(language(), key, **values), flush=True)


def complain(key: str, **values: object) -> None:
    """Say one sentence on standard error."""
    print(say(language(), key, **values), file=sys.stderr, flush=True)


@contextmanager
def progress(key: str, total: int | None) -> Iterator[Step]:
    """A bar on a terminal; elsewhere one line at the start and one each tenth."""
    words = say(language(), key)
    if sys.stderr.isatty():
        from rich.console import Console
        from rich.progress import Progress

        with Progress(console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task(words, total=total)
            yield lambda done: bar.update(task, completed=done)
        return
    print(f"{words} …", file=sys.stderr, flush=True)
    yield _lines(words, total)


def _lines(words: str, total: int | None) -> Step:
    last = 0

    def step(done: int) -> None:
        nonlocal last
        tenth = done * 10 // total if total else done // 100_000
        if tenth > last:
            last = tenth
            print(f"{words}: {done:,}", file=sys.stderr, flush=True)

    return step


def say_error(error: GridError) -> None:
    """An error in one line on standard error; with the command that helps, where there is one: on a
    page nobody could type it.
    """
    spoken = language()
    hint = words(spoken).get(f"hint.{error.key}", "")
    sentence = say(spoken, error.key, **error.values)
    print(f"{sentence} {hint}".strip(), file=sys.stderr, flush=True)
