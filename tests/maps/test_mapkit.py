"""Folium, tamed: nothing from elsewhere, the same bytes each time."""

import re

import folium
import pytest

from maps.layers import parents_layer, regions_layer
from maps.mapkit import AppPage, OfflineMap, UrlGeoJson, assert_local


def page(**changes) -> str:
    drawn = OfflineMap((29.5, 106.5), zoom_start=12)
    drawn.add_child(parents_layer())
    drawn.add_child(regions_layer())
    shown = AppPage(
        "regions",
        language="zh-CN",
        nonce="abc",
        word_prefixes=("map.",),
        boot={"account": "x"},
        theme={"border": "#000", "parentBorder": "#000", "selected": "#000", "tints": ["#fff"] * 2},
        **changes,
    )
    shown.add_child(drawn)
    return shown.render()


def test_a_stock_folium_page_is_refused():
    with pytest.raises(ValueError, match="not self-contained"):
        assert_local(folium.Map().get_root().render())


def test_our_page_links_leaflet_and_our_own_script_only():
    linked = re.findall(r'(?:src|href)="(/static/[^"]+)"', page())
    assert linked == [
        "/static/icon.svg",
        "/static/vendor/leaflet/leaflet.css",
        "/static/app.css",
        "/static/page.js",
        "/static/vendor/leaflet/leaflet.js",
        "/static/mapkit.js",
        "/static/panel.js",
        "/static/regions.js",
    ]


def test_two_renders_are_equal_byte_by_byte():
    assert page() == page()


def test_the_drawing_script_carries_the_nonce_and_only_names():
    (script,) = re.findall(r'<script nonce="abc">(.*?)</script>', page(), re.S)
    assert script.count("MK.urlLayer(map_main, {") == 2
    assert '"address": "/api/v1/regions.geojson"' in script
    assert "function" not in script


def test_our_maps_leave_other_folium_maps_alone():
    before = list(folium.Map.default_js)
    page()
    assert folium.Map.default_js == before


def test_a_layer_from_another_origin_makes_the_page_fail():
    drawn = OfflineMap((0, 0))
    drawn.add_child(UrlGeoJson("x", "https://elsewhere.example/x", style="region", pane="regions"))
    shown = AppPage(
        "regions",
        language="en",
        nonce="n",
        word_prefixes=(),
        boot={},
        theme={"border": "", "parentBorder": "", "selected": "", "tints": ["", ""]},
    )
    shown.add_child(drawn)
    with pytest.raises(ValueError, match="not self-contained"):
        shown.render()
