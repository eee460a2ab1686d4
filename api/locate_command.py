"""`wangge locate`: a file of places goes in, the same file with the owners of each comes out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def locate(
    file: Annotated[Path, typer.Argument(help="CSV")],
    lon: Annotated[str, typer.Option(help="经度列 column of the longitude or easting")],
    lat: Annotated[str, typer.Option(help="纬度列 column of the latitude or northing")],
    crs: Annotated[str, typer.Option(help="坐标系 wgs84, cgcs2000, gcj02, bd09 or EPSG:n")],
    output: Annotated[Path, typer.Option(help="结果文件 where the result goes")],
) -> None:
    """定位 Find the regions of every place in a CSV file."""
    raise NotImplementedError
