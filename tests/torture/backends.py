"""The database and the broker under fire, and what can happen to them."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol, Self

from dev.servers.postgres import Postgres
from dev.servers.valkey import Valkey

Meanwhile = Callable[[], None]
Blows = dict[str, Callable[[Meanwhile], None]]


class Backend(Protocol):
    """`blows` maps names to functions; each calls its argument while the server is away."""

    name: str
    env: dict[str, str]
    blows: Blows


class Embedded:
    """SQLite and the broker in a SQLite file: both live in the VAR_DIR."""

    name = "SQLite, embedded broker"

    def __init__(self, folder: Path) -> None:
        self.env: dict[str, str] = {}
        self.blows: Blows = {"queue file deleted": self._delete_queue}
        self._queue = folder / "var" / "queue.sqlite3"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        pass

    def _delete_queue(self, meanwhile: Meanwhile) -> None:
        for suffix in ("", "-wal", "-shm"):
            self._queue.with_name(self._queue.name + suffix).unlink(missing_ok=True)
        assert not self._queue.exists()
        meanwhile()


class Servers:
    """PostgreSQL and Valkey of its own, both of which may crash."""

    name = "PostgreSQL, Redis"

    def __init__(self, folder: Path) -> None:
        self.postgres = Postgres(folder / "postgres")
        self.valkey = Valkey(folder / "valkey")
        self.env: dict[str, str] = {}
        self.blows: Blows = {
            "broker killed and emptied": self._kill_broker,
            "database killed": self._kill_database,
            "database restarted": self._restart_database,
        }
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        for server in (self.postgres, self.valkey):
            self._stack.enter_context(server)
        self.env = {"DATABASE_URL": self.postgres.url, "REDIS_URL": self.valkey.url}
        return self

    def __exit__(self, *_error: object) -> None:
        self._stack.close()

    def _kill_broker(self, meanwhile: Meanwhile) -> None:
        self.valkey.kill()
        meanwhile()
        self.valkey.start()

    def _kill_database(self, _meanwhile: Meanwhile) -> None:
        self.postgres.kill()
        self.postgres.start()

    def _restart_database(self, _meanwhile: Meanwhile) -> None:
        self.postgres.stop()
        self.postgres.start()
