"""One document for all pages: our own, or none."""

import json

import pytest

from maps.shell import assert_local, safe_json

HOSTILE = "</script><img src=x onerror=alert(1)>`${7*7}\"'&\u2028\u2029\u202e" + "长" * 500


def test_json_in_a_page_keeps_every_character_and_can_not_end_its_block():
    text = safe_json({"name": HOSTILE})
    assert json.loads(text) == {"name": HOSTILE}
    assert not set("<>&\u2028\u2029") & set(text)


def test_numbers_that_are_none_are_refused():
    with pytest.raises(ValueError, match="Out of range"):
        safe_json({"area": float("nan")})


@pytest.mark.parametrize(
    "html",
    [
        '<script src="https://cdn.example/x.js"></script>',
        '<script src="//cdn.example/x.js"></script>',
        '<script src="/\\cdn.example/x.js"></script>',
        '<script src="\n//cdn.example/x.js"></script>',
        '<link rel="stylesheet" href="http://cdn.example/x.css">',
        "<img srcset='https://cdn.example/a.png 2x'>",
        '<a href="javascript:alert(1)">x</a>',
        '<a href="page.html">a relative address depends on where it is read</a>',
        '<form action="https://elsewhere.example/">',
        "<svg><image xlink:href='https://cdn.example/a.png'/></svg>",
        '<base href="/elsewhere/">',
        "<iframe></iframe>",
        "<script>fetch('https://cdn.example/x')</script>",
        "<style>@import url(//cdn.example/x.css)</style>",
        '<p style="color:red">the CSP forbids it</p>',
        '<p onclick="x()">the CSP forbids it</p>',
    ],
)
def test_a_page_with_anything_from_elsewhere_is_refused(html):
    with pytest.raises(ValueError, match="not self-contained"):
        assert_local(html)


def test_our_own_addresses_and_text_about_others_pass():
    assert_local(
        '<a href="/docs">x</a><a href="#list">y</a><a href="?level=grid">z</a>'
        '<img src="data:image/png;base64,AA=="><p>see https://elsewhere.example/</p>'
        '<script type="application/json">{"source":"https://elsewhere.example/"}</script>'
    )
