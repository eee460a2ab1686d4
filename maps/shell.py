"""What do all pages have in common? One document, words by key, and nothing from anywhere else.

A page is a template in `maps/templates`, filled with the words of one language and escaped values.
On a map page text from people and from data never stands in the HTML at all: it travels as JSON in
the block `boot`, and our own scripts put it in the page as text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Final

from maps.words import LANGUAGES, say, words

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES: Final = Path(__file__).parent / "templates"
ADDRESSES: Final = frozenset(
    {"src", "href", "action", "formaction", "srcset", "poster", "data", "cite", "background"}
    | {"ping", "manifest"}
)
FORBIDDEN_TAGS: Final = frozenset({"base", "iframe", "frame", "object", "embed"})
INDENTATION: Final = re.compile(r"\n\s+")  # serves whoever reads the template, nobody else
OTHER_ORIGIN: Final = re.compile(r"//[\w\[]")


def render(
    template: str,
    *,
    language: str,
    nonce: str,
    word_prefixes: Iterable[str],
    boot: Mapping[str, object] | None = None,
    **values: object,
) -> str:
    """One whole page in `language`, ready to send under a CSP that allows scripts with `nonce`.

    `boot` is what the page's script starts from; the words whose keys begin with one of
    `word_prefixes` go along. The template escapes `values`, save what Folium made of ours.
    Raises ValueError when the page would ask another origin for anything.
    """
    html = (
        environment()
        .get_template(f"{template}.html")
        .render(
            language=language,
            other_language=next(other for other in LANGUAGES if other != language),
            nonce=nonce,
            t=lambda key, **gaps: say(language, key, **gaps),
            boot=safe_json({"words": words_for(language, word_prefixes), **(boot or {})}),
            **values,
        )
    )
    html = INDENTATION.sub("\n", html)
    assert_local(html)
    return html


def safe_json(value: object) -> str:
    """JSON that can stand inside a `<script>` block: nothing in it can end the block.

    >>> safe_json({"name": "</script>&"})
    '{"name":"\\\\u003c/script\\\\u003e\\\\u0026"}'
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def assert_local(html: str) -> None:
    """Refuse a page that names another origin, or that our CSP would forbid.

    Looks at every address, inline script and style; the JSON block is data and may hold anything.
    Raises ValueError naming the first offences. Fails closed: an address must be known as ours.
    """
    inspector = _Inspector()
    inspector.feed(html)
    inspector.close()
    if inspector.offences:
        raise ValueError(f"page is not self-contained: {inspector.offences[:3]}")


class _Inspector(HTMLParser):
    """Collects whatever in a page is not ours."""

    def __init__(self) -> None:
        super().__init__()
        self.offences: list[str] = []
        self._inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag
        if tag in FORBIDDEN_TAGS:
            self.offences.append(f"<{tag}>")
        if tag == "script" and ("type", "application/json") in attrs:
            self._inside = "data"
        for name, value in attrs:
            if name == "style" or name.startswith("on"):
                self.offences.append(f"<{tag} {name}>")
            if name.split(":")[-1] in ADDRESSES and not _is_ours(value or ""):
                self.offences.append(f"<{tag} {name}={value!r}>")

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside in ("script", "style") and OTHER_ORIGIN.search(data):
            self.offences.append(f"<{self._inside}> {data.strip()[:80]!r}")


def _is_ours(address: str) -> bool:
    """A path on this service, a fragment, a query or an embedded picture; nothing else."""
    bare = "".join(address.split())
    if bare.startswith("/"):
        return not bare.startswith(("//", "/\\"))
    return bare == "" or bare.startswith(("#", "?", "data:image/"))


def words_for(language: str, prefixes: Iterable[str]) -> dict[str, str]:
    """The words whose keys begin with one of the prefixes, by key."""
    wanted = tuple(prefixes)
    return {key: text for key, text in sorted(words(language).items()) if key.startswith(wanted)}


@cache
def environment() -> Environment:
    """Jinja is imported with the first page: the service starts without it."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
