"""Somebody else's project behind a real gunicorn, once for each way to follow README."""

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bench.site import PASSWORD, ROOT, USER, Project, production
from dev.processes import wait_for
from tests.hostile.http import Browser

HERE = Path(__file__).parent
DJANGO = "django.core.files.uploadhandler"
LIMIT, SPOOL = "media_staging.uploads.SizeLimitHandler", "media_staging.uploads.SpoolHandler"
MEMORY, TEMPORARY = f"{DJANGO}.MemoryFileUploadHandler", f"{DJANGO}.TemporaryFileUploadHandler"
AS_README_SAYS = "as README says"
# Handlers; whether our middleware and the WSGI wrapper are there.
SET_UPS = {
    AS_README_SAYS: ([LIMIT, MEMORY, SPOOL], "1", "1"),
    "without the wrapper": ([LIMIT, MEMORY, SPOOL], "1", ""),
    "handlers alone": ([LIMIT, MEMORY, SPOOL], "", ""),
    "only the limit": ([LIMIT, MEMORY, TEMPORARY], "", ""),
    "the limit in the middle": ([MEMORY, LIMIT, TEMPORARY], "1", ""),
    "only the spool": ([MEMORY, SPOOL], "1", ""),
}


class Foreign(Project):
    settings = "foreign.settings"
    manage_py = ("-m", "django")
    wsgi = ("--pythonpath", str(HERE), "foreign.wsgi")

    def __init__(self, folder: Path, set_up: str, temporary: Path | None = None) -> None:
        handlers, middleware, wrapper = SET_UPS[set_up]
        self.temporary = temporary or folder / "temporary"
        self.has_limit, self.has_middleware = LIMIT in handlers, bool(middleware)
        env = {
            "PYTHONPATH": str(HERE),
            "FOREIGN_HANDLERS": ",".join(handlers),
            "FOREIGN_MIDDLEWARE": middleware,
            "FOREIGN_WHOLE_BODIES": wrapper,
            "FOREIGN_TEMP_DIR": str(self.temporary),
        }
        super().__init__({**production(folder / "var"), **env}, logs=folder)

    def __enter__(self) -> "Foreign":
        self.start_web()
        self.boss = Browser(self.port, USER, PASSWORD)
        return self

    def command(self, *arguments: str) -> None:
        command = [sys.executable, *self.manage_py, *arguments]
        subprocess.run(command, cwd=ROOT, env={**self.env}, check=True)

    def documents(self) -> int:
        with closing(sqlite3.connect(self.var_dir / "db.sqlite3", timeout=20)) as database:
            return int(database.execute("SELECT count(*) FROM foreign_document").fetchone()[0])

    def stored(self) -> dict[Path, int]:
        """What is kept: each file, and when it was written."""
        folders = (self.var_dir / "media", self.var_dir / "staging" / "files")
        files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
        return {path: path.stat().st_mtime_ns for path in files}

    def holdings(self) -> tuple[int, dict[Path, int]]:
        return self.documents(), self.stored()

    def is_tidy(self) -> bool:
        """Whether nothing that arrived is left on the way; without our middleware Django leaves it
        to the garbage collector."""
        return not self.has_middleware or wait_for(lambda: not any(self.temporary.iterdir()), 20)


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A VAR_DIR with a database and a superuser, to be copied."""
    folder = tmp_path_factory.mktemp("made")
    for name in ("var", "temporary"):
        (folder / name).mkdir()
    project = Foreign(folder, AS_README_SAYS)
    project.command("migrate", "--run-syncdb", "-v0")
    options = ("--noinput", "--username", USER, "--email", "b@example.com", "-v0")
    project.command("createsuperuser", *options)
    return folder / "var"


@pytest.fixture(scope="session", params=SET_UPS)
def foreign(
    request: pytest.FixtureRequest, made: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Foreign]:
    folder = tmp_path_factory.mktemp("foreign")
    shutil.copytree(made, folder / "var")
    (folder / "temporary").mkdir()
    with Foreign(folder, request.param) as project:
        yield project
