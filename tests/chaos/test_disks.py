"""A disk that is full takes nothing, and nobody but the campaign sees its mounts."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from tests.chaos.disks import Disk
from tests.chaos.units import FULL_BYTES, Unit
from tests.support.system import ROOT

CAMPAIGN = """
import errno, sys
from pathlib import Path
from tests.chaos.disks import Disk, Disks, own_mounts

def takes(disk):
    more = disk.folder / "more"
    try:
        more.write_bytes(b"x" * 5_000)
    except OSError as error:
        assert error.errno == errno.ENOSPC, error
        return False
    finally:
        more.unlink()
    return True

if why_not := own_mounts():
    sys.exit(f"not allowed: {why_not}")
disks = Disks(Path(sys.argv[1]), real=True)
disk, other = disks.make("one", 1024**2), disks.make("other", 1024**2)
(disk.folder / "kept").write_bytes(b"x" * 500_000)
(disk.folder / "gone").write_bytes(b"x" * 50_000)
assert takes(disk)
disk.fill()
assert not takes(disk) and takes(other)
(disk.folder / "gone").unlink()
disk.fill()
assert not takes(disk)
print("mounted", flush=True)
sys.stdin.readline()
disk.empty()
assert takes(disk)
disk.fill()
disks.close()
"""


def test_a_full_disk_takes_nothing_and_its_mount_is_nobody_elses(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", CAMPAIGN, str(tmp_path)],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        if process.stdout.readline() != "mounted\n":
            _out, err = process.communicate()
            if "not allowed" in err:
                pytest.skip(err)
            raise AssertionError(err)
        seen_here = [*(tmp_path / "one").iterdir()], os.path.ismount(tmp_path / "one")
        _out, err = process.communicate("go on\n")
    assert seen_here == ([], False)
    assert process.returncode == 0, err
    left = {one.name: one.stat().st_size for one in (tmp_path / "one").iterdir()}
    assert left == {"kept": 500_000}
    assert sorted(one.name for one in tmp_path.iterdir()) == ["one", "other"]


def test_where_no_mount_is_allowed_no_file_may_grow(tmp_path: Path) -> None:
    unit = Unit("one", "one", ["sleep", "60"], dict(os.environ), Disk(tmp_path), "")
    unit.start()
    try:
        assert unit.process is not None
        for act, most in ((unit.fill_disk, FULL_BYTES), (unit.empty_disk, resource.RLIM_INFINITY)):
            act()
            assert resource.prlimit(unit.process.pid, resource.RLIMIT_FSIZE)[0] == most
    finally:
        unit.kill()


STORE = """
import sys, time
import psycopg
from tests.chaos.disks import ATTEMPTS, Disk, own_mounts
from tests.chaos.store import SWITCH_LOG, ask, well
from tests.support.postgres import PostgresServer

if why_not := own_mounts():
    sys.exit(f"not allowed: {why_not}")
postgres = PostgresServer()
disk = Disk(postgres.data, 256 * 1024**2, real=True)
postgres.start()
url = postgres.create_database("some")

try:
    ask(url, "CREATE TABLE things (thing text)")
    disk.fill()
    try:
        ask(url, "INSERT INTO things VALUES (repeat(md5(random()::text), 10000))")
        sys.exit("there was room")
    except psycopg.errors.DiskFull:
        pass
    for _ in range(ATTEMPTS):
        if not postgres.runs:
            break
        try:
            ask(url, "SELECT pg_logical_emit_message(true, 'more', 'more')")
            ask(url, SWITCH_LOG)
        except psycopg.Error:
            disk.fill()
            time.sleep(0.02)
    else:
        sys.exit("it does not end")
    disk.empty()
    well(postgres)
    ask(url, "INSERT INTO things VALUES (repeat(md5(random()::text), 10000))")
finally:
    postgres.stop()
    disk.lose()
    postgres.remove()
"""


def test_postgresql_ends_of_a_full_disk_and_comes_up_when_there_is_room() -> None:
    done = subprocess.run(
        [sys.executable, "-c", STORE], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if "not allowed" in done.stderr:
        pytest.skip(done.stderr)
    assert done.returncode == 0, done.stderr
