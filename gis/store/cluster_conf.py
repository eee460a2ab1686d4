"""How is a cluster configured? The texts of its three files, from facts about the machine."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

MEGABYTE: Final = 2**20
SUPERUSER: Final = "postgres"
ROLES: Final = ("wangge_owner", "wangge_app", "wangge_worker", "wangge_public")
# Containers give 64 MB by default, which a parallel query fills.
SMALL_SHARED_MEMORY: Final = 64 * MEGABYTE
MEMORY_LIMITS: Final = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)


@dataclass(frozen=True)
class Machine:
    """What the configuration depends on, all in bytes."""

    memory: int
    shared_memory: int
    disk: int

    @classmethod
    def measure(cls, data: Path) -> Machine:
        """This machine or container, and the disk under `data`."""
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        for limit in MEMORY_LIMITS:
            if limit.exists() and (text := limit.read_text("ascii").strip()).isdigit():
                memory = min(memory, int(text))
        shared = Path("/dev/shm")  # noqa: S108 - measured, not written
        shared_memory = shutil.disk_usage(shared).total if shared.is_dir() else 0
        return cls(memory, shared_memory, shutil.disk_usage(data).total)


def wangge_conf(machine: Machine, socket_folder: Path, log: Path, *, forgetful: bool) -> str:
    """The settings of `wangge.conf`.

    The service and its workers live beside the database, so it takes an eighth of the memory,
    not the usual quarter. `forgetful` gives up every safety for speed: for tests only.
    """
    max_wal = _between(256, machine.disk // MEGABYTE // 20, 4096)
    settings = {
        "listen_addresses": "''",
        "port": "5432",
        "unix_socket_directories": _quoted(socket_folder),
        "unix_socket_permissions": "0700",
        "max_connections": "100",
        "shared_buffers": _share(machine, 1 / 8, 32, 4096),
        "effective_cache_size": _share(machine, 1 / 2, 64, 65536),
        "work_mem": _share(machine, 1 / 800, 4, 64),
        "maintenance_work_mem": _share(machine, 1 / 32, 32, 1024),
        "max_wal_size": f"{max_wal}MB",
        "max_slot_wal_keep_size": f"{2 * max_wal}MB",
        "random_page_cost": "1.1",
        "jit": "off",
        "dynamic_shared_memory_type": dynamic_shared_memory_type(machine),
        "timezone": "'UTC'",
        "lc_messages": "'C.UTF-8'",
        **_log_settings(log),
    }
    if forgetful:
        settings |= {
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
            "shared_buffers": "128MB",
        }
    header = (
        "# Written anew at every start. Your own settings: ALTER SYSTEM, which wins over these.\n"
    )
    return header + "".join(f"{name} = {value}\n" for name, value in settings.items())


def dynamic_shared_memory_type(machine: Machine) -> str:
    """Where parallel queries share memory: /dev/shm, or files where that is small or missing.

    >>> dynamic_shared_memory_type(Machine(2**30, 2 * 2**20, 2**40))
    'mmap'
    >>> dynamic_shared_memory_type(Machine(2**30, 2**30, 2**40))
    'posix'
    """
    return "mmap" if machine.shared_memory <= SMALL_SHARED_MEMORY else "posix"


def hba_conf() -> str:
    """Who may come in: users of this machine whom `pg_ident.conf` names. Nobody else, no trust."""
    return "# Written anew at every start.\nlocal  all  all  peer  map=wangge\n"


def ident_conf(users: Sequence[str]) -> str:
    """Which users of the operating system may act in which role of the database."""
    lines = [f"wangge  {_quoted_name(user)}  {role}" for user in users for role in known_roles()]
    return "# Written anew at every start.\n" + "\n".join(lines) + "\n"


def known_roles() -> tuple[str, ...]:
    """Every role one can sign in with: the superuser and our four."""
    return (SUPERUSER, *ROLES)


def _log_settings(log: Path) -> dict[str, str]:
    # Neither the values of a failing row nor the statement go into the log: they name people.
    return {
        "logging_collector": "on",
        "log_directory": _quoted(log),
        "log_filename": "'wangge-%a.log'",
        "log_rotation_age": "1d",
        "log_rotation_size": "0",
        "log_truncate_on_rotation": "on",
        "log_file_mode": "0600",
        "log_timezone": "'UTC'",
        "log_line_prefix": "'%m [%p] %q%u@%d %e '",
        "log_error_verbosity": "terse",
        "log_min_error_statement": "panic",
    }


def _share(machine: Machine, part: float, least: int, most: int) -> str:
    return f"{_between(least, int(machine.memory * part) // MEGABYTE, most)}MB"


def _between(least: int, value: int, most: int) -> int:
    return max(least, min(value, most))


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("\\", "\\\\").replace("'", "''") + "'"


def _quoted_name(user: str) -> str:
    return f'"{user}"'
