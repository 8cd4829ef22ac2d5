"""The project as separate processes, with a VAR_DIR, a database and a broker of its own."""

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
from redis import Redis

from bench.site import PASSWORD, ROOT, USER, Plain, Project, production

# The suite itself and its servers use the broker's database 0.
BROKER_DATABASE = "9"
STAGE = """
import os
from django.core.files.base import ContentFile
from media_staging import stage
for number in range({count}):
    stage(ContentFile(os.urandom({size}), name=f"{{number}}.bin"), folder="{folder}")
"""
# In one process: each start of Django takes longer than all of this.
PREPARE = """
from django.core.management import call_command
from products.models import Product
call_command("collectstatic", interactive=False, verbosity=0)
call_command(
    "createsuperuser", interactive=False, username="{user}", email="b@example.com", verbosity=0
)
for number in range({products}):
    product = Product.objects.create(name=f"Bowl {{number}}", price="1.00", status="active")
    print(product.pk)
"""


@contextmanager
def own_servers(environ: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """The environment for a database and a broker of one's own, on the servers of the suite.

    Nothing for SQLite, whose files lie in the VAR_DIR.
    """
    with own_database(environ.get("DATABASE_URL", "")) as servers:
        if broker := environ.get("REDIS_URL"):
            url = urlsplit(broker)._replace(path=f"/{BROKER_DATABASE}").geturl()
            Redis.from_url(url).flushdb()
            servers["REDIS_URL"] = url
        yield servers


@contextmanager
def own_database(url: str) -> Iterator[dict[str, str]]:
    if not url.startswith("postgres"):
        yield {}
        return
    name = f"site_{uuid4().hex}"
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
        try:
            yield {"DATABASE_URL": urlsplit(url)._replace(path=f"/{name}").geturl()}
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


class Site(Project):
    """A migrated project in `folder`.

    `env` is added to the environment of production. Logs go beside the VAR_DIR, so that a disk
    that is taken away from under it can still be told about.
    """

    migrate: Sequence[str] = ("migrate", "-v0")

    def __init__(self, folder: Path, env: Mapping[str, str]) -> None:
        super().__init__({**production(folder / "var"), **env}, logs=folder / "logs")

    def __enter__(self) -> Self:
        self.var_dir.mkdir(parents=True, exist_ok=True)
        self.logs.mkdir(parents=True, exist_ok=True)
        self.manage(*self.migrate)
        return self

    # --- Commands --------------------------------------------------------------------------------

    def manage(self, *arguments: str, **env: str) -> str:
        """Run a command that may say "a person is needed"; return what it printed."""
        done = subprocess.run(
            [sys.executable, *self.manage_py, *arguments],
            env={**os.environ, **self.env, **env},
            cwd=ROOT,
            capture_output=True,
            text=True,
        )
        assert done.returncode in (0, 1), f"{arguments}: {done.stdout}{done.stderr}"
        return done.stdout

    def json(self, *arguments: str, **env: str) -> Any:
        return json.loads(self.manage(*arguments, "--json", **env))

    def stage(self, count: int, size: int, folder: str = "kills") -> None:
        script = STAGE.format(count=count, size=size, folder=folder)
        self.manage("shell", "-v0", "-c", script)

    def count(self, state: str) -> int:
        """Of what was staged: without thumbnails."""
        counts = (
            "SELECT status, count(*) FROM media_staging_stagedfile "
            "WHERE NOT is_thumbnail GROUP BY status"
        )
        return int(dict(self.rows(counts)).get(state, 0))

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Ask the database past the project."""
        if url := self.env.get("DATABASE_URL"):
            with psycopg.connect(url, connect_timeout=5) as server:
                return server.execute(query).fetchall()
        address = f"file:{self.var_dir / 'db.sqlite3'}?mode=ro"
        with closing(sqlite3.connect(address, uri=True, timeout=20)) as database:
            return database.execute(query).fetchall()

    def prepare(self, products: int = 0) -> list[int]:
        """What pages need: a superuser and the static files; returns the ids of new products."""
        script = PREPARE.format(user=USER, products=products)
        made = self.manage("shell", "-v0", "-c", script, DJANGO_SUPERUSER_PASSWORD=PASSWORD)
        return [int(pk) for pk in made.split()]


class PlainSite(Plain, Site):
    """The control: an ordinary shop with Django's FileSystemStorage, as `bench/plain` has it."""

    migrate = ("migrate", "--run-syncdb", "-v0")

    def prepare(self, products: int = 0) -> list[int]:
        options = ("--noinput", "--username", USER, "--email", "b@example.com", "-v0")
        self.manage("createsuperuser", *options, DJANGO_SUPERUSER_PASSWORD=PASSWORD)
        return []
