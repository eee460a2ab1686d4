"""How does Folium make a map page that asks nobody, and that no text can break?

Python declares, our script draws, data comes by URL. Stock Folium links ten files on other
origins, runs text from people as script in six ordinary ways, and forbids pinch zoom; these three
classes are Folium's own with other templates. Importing this module imports Folium, which takes
seconds: `maps.pages` does so with the first map page.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Self

import folium
from branca.element import CssLink, Figure, JavascriptLink
from folium.elements import JSCSSMixin
from folium.map import Layer
from folium.template import Template

from maps import shell
from maps.shell import assert_local, safe_json

__all__ = ["AppPage", "MeetingMap", "OfflineMap", "UrlGeoJson", "assert_local", "safe_json"]

LEAFLET_JS: Final = ("leaflet", "/static/vendor/leaflet/leaflet.js")
LEAFLET_CSS: Final = ("leaflet_css", "/static/vendor/leaflet/leaflet.css")


class AppPage(Figure):
    """A whole page of ours around one map: language, title, viewport, nonce, words and boot data.

    Its HTML depends on the arguments alone: two renders with one nonce are equal byte by byte.
    """

    def __init__(
        self,
        template: str,
        *,
        language: str,
        nonce: str,
        word_prefixes: Iterable[str],
        boot: Mapping[str, object],
        **values: object,
    ) -> None:
        super().__init__()
        self.header._children.clear()
        self._page: dict[str, Any] = {
            "template": template,
            "language": language,
            "nonce": nonce,
            "word_prefixes": tuple(word_prefixes),
            "boot": boot,
            **values,
        }

    def render(self, **kwargs: object) -> str:
        """The page as HTML. Raises ValueError when something on it is not ours."""
        for child in self._children.values():
            child.render(**kwargs)
        links = list(self.header._children.values())
        return shell.render(
            **self._page,
            map_styles=[link.url for link in links if isinstance(link, CssLink)],
            map_scripts=[link.url for link in links if isinstance(link, JavascriptLink)],
            map_html=self.html.render(**kwargs),
            map_script=self.script.render(**kwargs),
        )


class OfflineMap(folium.Map):
    """A Folium map that needs Leaflet alone, from this service; drawn on canvas, without tiles.

    `location` is (latitude, longitude), as Leaflet wants it. `element` is the id of its element.
    `filled_by` is our script's object whose `setup` fills it.
    """

    filled_by = "MK"

    _template = Template(
        """
        {% macro html(this, kwargs) %}
        <div class="folium-map" id="{{ this.get_name() }}" data-ready="0"></div>
        {% endmacro %}
        {% macro script(this, kwargs) %}
        var {{ this.get_name() }} = L.map({{ this.get_name()|tojson }}, Object.assign(
          { center: {{ this.location|tojson }} }, {{ this.options|tojavascript }}));
        {{ this.filled_by }}.setup({{ this.get_name() }});
        {% endmacro %}
        """
    )

    @classmethod
    def over(cls, box: Sequence[float]) -> Self:
        """The map of a page, opened in the middle of a box: west, south, east, north in degrees."""
        west, south, east, north = box
        return cls(((south + north) / 2, (west + east) / 2), zoom_snap=0.25, max_zoom=20)

    def __init__(self, location: Sequence[float], *, element: str = "main", **options: Any) -> None:
        options = {"tiles": None, "prefer_canvas": True, "zoom_control": False, **options}
        super().__init__(location=location, attributionControl=False, **options)
        self._id = element
        # Of this map only: Folium's lists belong to the class, and to every other map.
        self.default_js = [LEAFLET_JS, ("mapkit", "/static/mapkit.js")]
        self.default_css = [LEAFLET_CSS]


class MeetingMap(OfflineMap):
    """A Folium map for a file that holds everything itself; `Meeting.setup` fills it."""

    filled_by = "Meeting"

    def parts(self) -> tuple[str, str]:
        """Its element and its script, without a page around them."""
        figure = Figure()
        figure.add_child(self)
        self.render()  # type: ignore[no-untyped-call]
        return figure.html.render(), figure.script.render()


class UrlGeoJson(JSCSSMixin, Layer):
    """A layer whose GeoJSON (WGS 84) comes by URL; style, tip and click are *names* in our script.

    `address` is a path on this service. With `by_view` the box and zoom of the view go along, and
    it is fetched anew when the view leaves what was fetched. `pane` says what it lies above.
    """

    _template = Template(
        """
        {% macro script(this, kwargs) %}
        MK.urlLayer({{ this._parent.get_name() }}, {{ this.declared|tojson }});
        {% endmacro %}
        """
    )

    def __init__(
        self,
        element: str,
        address: str,
        *,
        style: str,
        pane: str,
        tip: str | None = None,
        click: str | None = None,
        by_view: bool = False,
    ) -> None:
        super().__init__(name=element, overlay=True, control=False, show=False)
        self._name, self._id = "url_layer", element
        self.declared = {
            "id": element,
            "address": address,
            "style": style,
            "pane": pane,
            "tip": tip,
            "click": click,
            "byView": by_view,
        }
