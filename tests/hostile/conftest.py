"""The shop behind a real gunicorn with production settings, and people who mean it no good.

Every test also watches the workers: none may die, and none may need more than MEMORY_BYTES.
"""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.site import USER, Web, production, run
from tests.hostile.http import Answer, Browser, photo

# Of one worker, all told. At rest it has about 65 MiB; the worst that was seen here was 98.
MEMORY_BYTES = 192 * 1024**2
CLERK = PASSWORD = "clerk"
CLERK_SOURCE = f"""
from django.contrib.auth.models import User
User.objects.create_user("{CLERK}", password="{PASSWORD}", is_staff=True)
"""


class Shop:
    """A running shop, its database and its staging area."""

    def __init__(self, web: Web) -> None:
        self.port = web.port
        self.var_dir = web.var_dir
        self.master = web.children[0].pid
        self.boss = Browser(self.port, USER, USER)
        self.clerk = Browser(self.port, CLERK, PASSWORD)
        self.stranger = Browser(self.port)
        form = {"name": "Mug", "price": "12.50", "status": "draft"}
        saved = self.boss.post("/products/new/", fields=form)
        assert saved.status == 302, saved.body
        self.product = saved.headers["Location"]
        self.images = f"{self.product}images/"

    def upload(self, data: bytes, name: str | bytes = "mug.jpg", **more: str) -> Answer:
        return self.boss.post(self.images, files=[("images", name, data)], **more)

    # --- What is there -----------------------------------------------------------------------

    def rows(self) -> list[str]:
        """The keys of all stored files."""
        with sqlite3.connect(self.var_dir / "db.sqlite3") as database:
            return [key for (key,) in database.execute("SELECT key FROM media_staging_stagedfile")]

    def stored(self) -> set[Path]:
        """Local copies, under their keys."""
        files = self.var_dir / "staging" / "files"
        return {path.relative_to(files) for path in files.rglob("*") if not path.is_dir()}

    def arriving(self) -> list[Path]:
        return list((self.var_dir / "staging" / "incoming").iterdir())

    def holdings(self) -> tuple[int, int, int]:
        """Rows, local copies and what is arriving: the same before and after a refusal."""
        return len(self.rows()), len(self.stored()), len(self.arriving())

    # --- The workers -------------------------------------------------------------------------

    def workers(self) -> list[int]:
        children = Path(f"/proc/{self.master}/task/{self.master}/children").read_text()
        return [int(pid) for pid in children.split()]


def peak_memory(worker: int) -> int:
    """The most bytes that the process has ever had in memory."""
    status = Path(f"/proc/{worker}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    var_dir = tmp_path_factory.mktemp("hostile") / "var"
    with Web(production(var_dir, STAGING_MIN_FREE_BYTES="0")) as web:
        run("manage.py", "shell", "-v0", "-c", CLERK_SOURCE, env=web.env)
        shop = Shop(web)
        assert shop.upload(photo()).status == 201
        yield shop


@pytest.fixture
def shop(running: Shop) -> Iterator[Shop]:
    workers = running.workers()
    yield running
    assert running.workers() == workers, "a worker died"
    for worker in workers:
        assert peak_memory(worker) < MEMORY_BYTES
