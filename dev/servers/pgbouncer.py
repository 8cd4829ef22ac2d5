"""A real PgBouncer, as the system has it, in front of a PostgreSQL of ours."""

import os
import socket
from pathlib import Path
from shutil import which
from typing import ClassVar
from urllib.parse import urlsplit

from dev.ports import LOOPBACK
from dev.processes import Child, start
from dev.servers.postgres import Postgres
from dev.servers.server import LocalServer, ServerError

PROGRAM = "pgbouncer"
# It refuses to run as root; this account exists everywhere.
ACCOUNT_INSTEAD_OF_ROOT = "nobody"


class PgBouncer(LocalServer):
    """Pools transactions: two statements outside one may go to two sessions."""

    name: ClassVar[str] = "pgbouncer"

    def __init__(self, postgres: Postgres, data_dir: Path | None = None) -> None:
        super().__init__(data_dir)
        self.postgres = postgres

    @property
    def url(self) -> str:
        return self.postgres.url_at(self.port)

    def launch(self) -> Child:
        program = which(PROGRAM) or which(PROGRAM, path="/usr/sbin")
        if program is None:
            raise ServerError("there is no pgbouncer: apt-get install pgbouncer")
        behind = urlsplit(self.postgres.url)
        configuration = self.data_dir / "pgbouncer.ini"
        configuration.write_text(
            "[databases]\n"
            f"* = host={LOOPBACK} port={behind.port} user={behind.username} "
            f"password={behind.password}\n"
            "[pgbouncer]\n"
            f"listen_addr = {LOOPBACK}\nlisten_port = {self.port}\nunix_socket_dir =\n"
            "auth_type = any\npool_mode = transaction\nmax_client_conn = 50\n"
            "server_round_robin = 1\ndefault_pool_size = 4\nmin_pool_size = 4\n"
        )
        user = ACCOUNT_INSTEAD_OF_ROOT if os.geteuid() == 0 else None
        return start(
            self.name, [program, configuration], log=self.log, cwd=self.data_dir, user=user
        )

    def is_ready(self) -> bool:
        try:
            with socket.create_connection((LOOPBACK, self.port), timeout=1):
                return True
        except OSError:
            return False
