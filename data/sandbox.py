"""How is a file from outside opened without putting the service at risk?

In a child process with nothing but a folder of its own, and with limits on memory, processor time,
wall-clock time and the size of what it writes. The request goes in and the answer comes out as
one line of JSON; bulk results are files in the folder. When the child dies, nothing of it counts.
"""

from __future__ import annotations

import json
import logging
import signal
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from gis.errors import BadFile

log = logging.getLogger(__name__)

Answer = dict[str, Any]

# Drivers the library brings and we never want: an OGR_VRT file reads other files of the server and
# asks the network, whatever its name ends in. It must be said before the library is imported, and
# can only be said by listing what to leave out; `data.vector_files` checks what is left.
UNWANTED_DRIVERS: Final = (
    "ADBC,AIVector,AVCBin,AVCE00,AmigoCloud,CSV,CSW,Carto,DGN,DXF,EDIGEO,EEDA,ESRIJSON,"
    "Elasticsearch,GDALG,GML,GPSBabel,GPX,GTFS,GeoJSONSeq,GeoRSS,HTTP,Idrisi,JML,JSONFG,KML,"
    "LIBKML,LVBAG,MBTiles,MEM,MVT,MapInfo File,MapML,MiraMonVector,NGW,OAPIF,ODS,OGCAPI,OGR_GMT,"
    "OGR_PDS,OGR_VRT,OSM,OpenFileGDB,PCIDSK,PDF,PDS4,PGDUMP,PLSCENES,PMTiles,S57,SQLite,SXF,"
    "Selafin,TopoJSON,VDV,VFK,VICAR,WAsP,WFS,XLSX"
)


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a file from outside may cost. Bytes, seconds and counts."""

    memory_bytes: int = 3 * 1024**3  # address space of the child
    seconds: int = 300  # on the clock, and of processor time
    file_bytes: int = 2 * 1024**3
    unpacked_bytes: int = 2 * 1024**3
    unpacked_ratio: int = 200  # above 64 MiB; boundaries shrink to a tenth, bombs to a thousandth
    members: int = 1_000  # files in one zip
    rows: int = 2_000_000
    vertices: int = 50_000_000


def run_child(module: str, folder: Path, request: Answer, limits: Limits) -> Answer:
    """Run `python -m module` on a request and return its answer.

    `folder` is the child's own: working directory, home and place for results. Raises the BadFile
    that the child reports, or one that says why it ended. Ctrl-C here ends the child.
    """
    complaint = folder / "complaint.txt"
    asked = json.dumps({**request, "limits": asdict(limits)}).encode()
    with (
        complaint.open("wb") as stderr,
        subprocess.Popen(
            [sys.executable, "-I", "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            cwd=folder,
            env=_environment(folder),
            start_new_session=True,  # Ctrl-C reaches us alone; we end the child
        ) as child,
    ):
        try:
            answered, _ = child.communicate(asked, timeout=limits.seconds)
        except subprocess.TimeoutExpired:
            raise BadFile("error.file_too_slow", seconds=limits.seconds) from None
        finally:
            child.kill()
            child.wait()  # Ctrl-C makes Popen leave after a quarter of a second
    if child.returncode != 0:
        log.info("reading ended with %s: %s", child.returncode, complaint.read_bytes()[-2000:])
        raise _death(child.returncode, limits)
    return _judged(answered)


def _environment(folder: Path) -> dict[str, str]:
    """No variable of ours goes in; the proxies lead nowhere, should anything ask the network."""
    nowhere = "http://127.0.0.1:9"
    return {
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "OGR_SKIP": UNWANTED_DRIVERS,
        "GDAL_DRIVER_PATH": "disable",
        "GDAL_NUM_THREADS": "1",
        "GDAL_HTTP_TIMEOUT": "1",
        "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".none",
        "OGR_SQLITE_ALLOW_EXTERNAL_ACCESS": "NO",
        "SHAPE_RESTORE_SHX": "YES",  # people send .shp and .dbf and forget the .shx
        "PROJ_NETWORK": "OFF",
        "http_proxy": nowhere,
        "https_proxy": nowhere,
        # threads and pools that reserve address space would eat the memory limit
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "ARROW_DEFAULT_MEMORY_POOL": "system",
        "MALLOC_ARENA_MAX": "2",
    }


def _death(returncode: int, limits: Limits) -> BadFile:
    if returncode in {-signal.SIGXCPU, -signal.SIGALRM}:
        return BadFile("error.file_too_slow", seconds=limits.seconds)
    if returncode in {-signal.SIGABRT, -signal.SIGKILL}:  # C++ or the kernel, out of memory
        return BadFile("error.file_memory", megabytes=limits.memory_bytes // 1024**2)
    return BadFile("error.file_unreadable")


def _judged(answered: bytes) -> Answer:
    try:
        answer: Answer = json.loads(answered)
    except ValueError:
        raise BadFile("error.file_unreadable") from None
    if "error" in answer:
        raise BadFile(answer["error"], **answer.get("values", {}))
    return answer


# ---- inside the child ---------------------------------------------------------------------------


def limit_myself(limits: Limits) -> None:
    """Called first in the child, before any library is imported. It ends itself when late."""
    import resource

    def at_most(what: int, most: int, grace: int = 0) -> None:
        _, hard = resource.getrlimit(what)
        ceiling = most + grace if hard == resource.RLIM_INFINITY else min(most + grace, hard)
        resource.setrlimit(what, (min(most, ceiling), ceiling))

    at_most(resource.RLIMIT_AS, limits.memory_bytes)
    at_most(resource.RLIMIT_CPU, limits.seconds, grace=5)
    at_most(resource.RLIMIT_FSIZE, max(limits.unpacked_bytes, limits.file_bytes))
    at_most(resource.RLIMIT_CORE, 0)
    signal.alarm(limits.seconds + 1)  # should the parent be gone
