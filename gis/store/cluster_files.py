"""Where does a cluster's data lie, where its socket, and to whom do they belong?

home/pg15/        the data of one PostgreSQL major
home/log/         the server's log, a file for each day of the week
home/ballast      room that is given back when the disk is full
home/lock         held while somebody starts or stops the cluster
home/maintenance  held for the length of a restore or an upgrade
home/users        held, together, by those who use it; the last one out may stop it
home/stays        there while a cluster runs that was started to stay
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import pwd
import re
import stat
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from gis.errors import Unavailable, Value
from gis.store.postgres import Owner, run_as

SYSTEM_USER: Final = "wangge"
SYSTEM_HOME: Final = Path("/var/lib/wangge")
SYSTEM_SOCKETS: Final = Path("/run/wangge")
SOCKET_NAME: Final = ".s.PGSQL.5432"
LONGEST_SOCKET_PATH: Final = 107  # bytes; the kernel's limit
BALLAST_BYTES: Final = 32 * 2**20


class Tell(Protocol):
    """Says the sentence `key` to whoever watches; the doors know the language."""

    def __call__(self, key: str, **values: Value) -> None: ...


def tell_nobody(key: str, **values: Value) -> None:
    """For callers whom nobody watches."""


@dataclass(frozen=True)
class Place:
    """Where one cluster lives: `root` holds its data, as a rule the home itself."""

    home: Path
    root: Path
    owner: Owner

    @property
    def log(self) -> Path:
        """The folder of the server's log."""
        return self.root / "log"

    @property
    def ballast(self) -> Path:
        """The file that is given up when the disk is full."""
        return self.root / "ballast"

    @property
    def stays(self) -> Path:
        """The mark of a cluster that runs until somebody stops it."""
        return self.root / "stays"

    def mark_stays(self) -> None:
        """Set the mark."""
        os.close(_open_lock(self, self.stays.name))

    def data(self, major: int) -> Path:
        """The data folder of one PostgreSQL major."""
        return self.root / f"pg{major}"

    def socket_folder(self, suffix: str = "") -> Path:
        """A short folder for the socket; the home may be deeper than a socket's path can be.

        Not $XDG_RUNTIME_DIR: it is emptied when its user signs out, under a running server.
        """
        if os.geteuid() == 0:
            return SYSTEM_SOCKETS / f"{short_hash(self.root)}{suffix}"
        return Path(f"/tmp/wangge-{self.owner.uid}-{short_hash(self.root)}{suffix}")  # noqa: S108 - checked by private_folder


def find_place(home: Path) -> Place:
    """Where the cluster of this home lives, or will live; makes the home, and for root the user.

    Root's clusters belong to the system user `wangge`. Where that user can't enter the home, the
    data lies under /var/lib/wangge. Data that is already there keeps its place and its owner.
    Raises Unavailable when the data belongs to somebody else or can't be reached any more.
    """
    home = home.expanduser().absolute().resolve()
    shelter = SYSTEM_HOME / short_hash(home)
    try:
        for root in (home, shelter):
            if majors(root):
                return _existing_place(home, root)
        return _new_place(home, shelter)
    except PermissionError as error:
        raise Unavailable("error.home_not_writable", home=str(home)) from error


def majors(root: Path) -> list[int]:
    """The PostgreSQL majors whose data lies in `root`, oldest first.

    >>> majors(Path("/nowhere"))
    []
    """
    if not root.is_dir():
        return []
    names = (re.fullmatch(r"pg(\d+)", entry.name) for entry in root.iterdir() if entry.is_dir())
    return sorted(int(name[1]) for name in names if name)


def short_hash(path: Path) -> str:
    """Ten characters that stand for a path."""
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:10]


@contextmanager
def locked(place: Place, tell: Tell, name: str = "lock") -> Iterator[None]:
    """Hold a lock of a cluster: who comes second waits."""
    descriptor = _open_lock(place, name)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            tell("database.waiting")
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


class Use:
    """Says, as long as this process lives and hasn't ended it, that somebody uses the cluster."""

    def __init__(self, place: Place) -> None:
        self._descriptor = _open_lock(place, "users")
        fcntl.flock(self._descriptor, fcntl.LOCK_SH)

    def end(self) -> bool:
        """End the use; True when nobody else uses the cluster. To be called under `locked`."""
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        finally:
            os.close(self._descriptor)
        return True


def private_folder(folder: Path, owner: Owner) -> Path:
    """Make a folder that only `owner` may enter, or check that it is one.

    Raises Unavailable when it is somebody else's or open to others: a stranger may have made it.
    """
    folder.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
        os.chown(folder, owner.uid, owner.gid)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner.uid or found.st_mode & 0o077:
        raise Unavailable("error.folder_not_private", folder=str(folder), owner=owner.name)
    return folder


def write_text(path: Path, text: str, owner: Owner) -> None:
    """Write a file of the owner's, 0600, whole or not at all; one that says the same stays."""
    with suppress(FileNotFoundError):
        if path.read_text("utf-8") == text and not path.is_symlink():
            return
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fchown(descriptor, owner.uid, owner.gid)
            os.fsync(descriptor)
        aside.rename(path)
    finally:
        aside.unlink(missing_ok=True)


def make_ballast(place: Place, size: int = BALLAST_BYTES) -> bool:
    """Set aside `size` bytes of real disk; False where less than three times that is free."""
    if place.ballast.exists():
        return True
    disk = os.statvfs(place.root)
    if disk.f_bavail * disk.f_frsize < 3 * size:
        return False
    aside = place.root / ".ballast"
    aside.unlink(missing_ok=True)
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        os.posix_fallocate(descriptor, 0, size)
        os.fchown(descriptor, place.owner.uid, place.owner.gid)
        aside.rename(place.ballast)
    except OSError:
        aside.unlink(missing_ok=True)
        return False
    finally:
        os.close(descriptor)
    return True


def owner_of_data(data: Path) -> Owner:
    """To whom a data folder belongs. Raises Unavailable for root's: copied without its owner."""
    owner = Owner.of(data.stat().st_uid)
    if owner.uid == 0:
        raise Unavailable("error.data_of_root", data=str(data), user=SYSTEM_USER)
    return owner


def _open_lock(place: Place, name: str) -> int:
    descriptor = os.open(place.root / name, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    os.fchown(descriptor, place.owner.uid, place.owner.gid)
    return descriptor


def _existing_place(home: Path, root: Path) -> Place:
    owner = owner_of_data(root / f"pg{majors(root)[-1]}")
    if os.geteuid() not in (0, owner.uid):
        raise Unavailable("error.cluster_other_owner", owner=owner.name, home=str(home))
    if not _can_enter(owner, root):
        raise Unavailable("error.home_closed", owner=owner.name, home=str(root))
    return Place(home, root, owner)


def _new_place(home: Path, shelter: Path) -> Place:
    owner = _system_user() if os.geteuid() == 0 else Owner.of(os.geteuid())
    for root in (home, shelter) if os.geteuid() == 0 else (home,):
        _make_folders(root)
        if _can_enter(owner, root):
            return Place(home, root, owner)
    raise Unavailable("error.home_closed", owner=owner.name, home=str(home))


def _make_folders(folder: Path) -> None:
    """Make a folder and its parents so that others may pass through, whatever the umask."""
    if folder.is_dir():
        return
    _make_folders(folder.parent)
    folder.mkdir(exist_ok=True)
    folder.chmod(0o711)


def _can_enter(owner: Owner, folder: Path) -> bool:
    return run_as(owner, ["test", "-x", str(folder)]).returncode == 0


def _system_user() -> Owner:
    """The user `wangge`, made where it is missing."""
    for _ in range(20):
        with suppress(KeyError):
            return Owner.of(pwd.getpwnam(SYSTEM_USER).pw_uid)
        options = ["--home-dir", str(SYSTEM_HOME), "--shell", "/usr/sbin/nologin"]
        subprocess.run(
            ["useradd", "--system", "--user-group", "--no-create-home", *options, SYSTEM_USER],
            capture_output=True,
            check=False,  # another start may be making it: we look again
        )
        time.sleep(0.1)
    raise Unavailable("error.user_not_made", user=SYSTEM_USER)
