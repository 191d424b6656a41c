"""The disks of a campaign's processes: each a small tmpfs, which can be really full.

Mounts are of the campaign's own namespace: nobody else sees them, and they end with its processes,
however those end. Where no mounts are allowed, disks are folders, and `units` sets a limit instead.

Owns: mounting, filling, emptying. Must not: choose whose; `faults` does.
"""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
from pathlib import Path

CLONE_NEWNS, MS_REC, MS_PRIVATE, MNT_DETACH = 0x20000, 0x4000, 0x40000, 2
"""Of <sched.h> and <sys/mount.h>; `os` has them from Python 3.12 on."""
FILLER = "filler"
ATTEMPTS = 1_000
"""Others take and give room while it is filled."""


def own_mounts() -> str:
    """From now on mounts of this thread, and of what it starts, are nobody else's. Returns why that
    may not be, `` when it is so. Call it before there are other threads."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNS) or libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None):
        return os.strerror(ctypes.get_errno())
    return ""


class Disk:
    """A folder. `real`: a file system of its own, of `size` bytes at most, in memory, which belongs
    to whom the folder does."""

    def __init__(self, folder: Path, size: int = 0, real: bool = False) -> None:
        self.folder, self.real = folder, real
        folder.mkdir(parents=True, exist_ok=True)
        if real:
            libc = ctypes.CDLL(None, use_errno=True)
            found = folder.stat()
            options = f"size={size},mode=0700,uid={found.st_uid},gid={found.st_gid}".encode()
            if libc.mount(b"tmpfs", bytes(folder), b"tmpfs", 0, options):
                raise OSError(ctypes.get_errno(), "no tmpfs can be mounted", str(folder))

    @property
    def room(self) -> int:
        """Bytes that are left."""
        found = os.statvfs(self.folder)
        return found.f_bavail * found.f_frsize

    def fill(self) -> None:
        """Take all room that is left. Again and again, as what else fills a disk would do: who has
        deleted something gets no room by it. Only a real one."""
        filler = os.open(self.folder / FILLER, os.O_WRONLY | os.O_CREAT)
        try:
            for _ in range(ATTEMPTS):
                if not (room := self.room):
                    return
                try:
                    os.posix_fallocate(filler, os.fstat(filler).st_size, room)
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise
        finally:
            os.close(filler)

    def empty(self) -> None:
        """There is room again."""
        (self.folder / FILLER).unlink(missing_ok=True)

    def close(self) -> None:
        """Be a folder with the same files. Nobody may use it any more."""
        if not self.real:
            return
        self.empty()
        copy = self.folder.with_name(f"{self.folder.name}.copy")
        shutil.copytree(self.folder, copy)
        self.lose()
        self.folder.rmdir()
        copy.rename(self.folder)

    def lose(self) -> None:
        """Be a folder with what it had before: what lay on a real one is gone."""
        if self.real:
            ctypes.CDLL(None).umount2(bytes(self.folder), MNT_DETACH)
        self.real = False


class Disks:
    """All disks below one folder."""

    def __init__(self, folder: Path, real: bool) -> None:
        self.real = real
        self._folder, self._made = folder, list[Disk]()

    def make(self, name: str, size: int) -> Disk:
        """A new one, of `size` bytes where it is real."""
        self._made.append(Disk(self.path(name), size, self.real))
        return self._made[-1]

    def path(self, name: str) -> Path:
        """Where it lies, or will."""
        return self._folder / name

    def close(self) -> None:
        """All are folders from now on."""
        for disk in self._made:
            disk.close()
