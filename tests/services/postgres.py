"""A PostgreSQL 15 of our own, run as an unprivileged user because the server refuses root."""

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

import psycopg

from tests.services.process import ServerProcess, ServiceFailed, free_port

BIN = Path("/usr/lib/postgresql/15/bin")
# Durability off: a test database that dies with the machine is of no use to anybody.
_FAST = ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200", "shared_buffers=64MB"]


def _unprivileged() -> str | None:
    if os.getuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    raise ServiceFailed("PostgreSQL refuses root and no unprivileged user exists")


class PostgresServer:
    """``start()``, ``url(database, role)``, ``stop()``; trust authentication on loopback only."""

    def __init__(self) -> None:
        if not BIN.is_dir():
            raise ServiceFailed(f"{BIN} is missing: run `make tools` (Debian package postgresql-15)")
        self.port = free_port()
        self._root = Path(tempfile.mkdtemp(prefix="tre-pg-"))
        self._user = _unprivileged()
        self._server: ServerProcess | None = None

    def start(self) -> "PostgresServer":
        env = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": str(self._root)}
        if self._user:
            shutil.chown(self._root, self._user)
        data = self._root / "data"
        subprocess.run(
            [BIN / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync", "-N"],
            check=True, capture_output=True, user=self._user, env=env, cwd="/",
        )  # fmt: skip
        argv = [str(BIN / "postgres"), "-D", str(data), "-p", str(self.port), "-h", "127.0.0.1", "-k", str(self._root)]
        for setting in _FAST:
            argv += ["-c", setting]
        self._server = ServerProcess(argv, self._root / "log", env, self._user)
        self._server.wait_until(self._answers)
        return self

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.dsn("postgres"), connect_timeout=1).close()
        except psycopg.OperationalError:
            return False
        return True

    def dsn(self, database: str, role: str = "postgres") -> str:
        """A libpq URL."""
        return f"postgresql://{role}@127.0.0.1:{self.port}/{database}"

    def url(self, database: str, role: str = "postgres") -> str:
        """The same for SQLAlchemy."""
        return f"postgresql+psycopg://{role}@127.0.0.1:{self.port}/{database}"

    def stop(self) -> None:
        if self._server:
            self._server.stop()
        shutil.rmtree(self._root, ignore_errors=True)
