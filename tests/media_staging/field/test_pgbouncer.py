"""Behind a pooler that hands out transactions, not sessions."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.site import inside, production, run
from dev.servers.pgbouncer import PgBouncer
from dev.servers.postgres import Postgres

# More than a page of any of our walks.
FILES = 1100
STAGE = f"""
from django.core.files.base import ContentFile
from media_staging.intake import receiving
uploads = [ContentFile(b"x%d" % number, f"{{number}}.txt") for number in range({FILES})]
files, refused = receiving.receive_all(uploads, folder="files", images_only=False)
for file in files:
    file.keep = True
receiving.register(files)
"""


@pytest.fixture
def pooled(tmp_path: Path) -> Iterator[dict[str, str]]:
    with Postgres() as postgres, PgBouncer(postgres) as pooler:
        more = {"DATABASE_URL": pooler.url, "DISABLE_SERVER_SIDE_CURSORS": "1"}
        yield production(tmp_path / "var", **more)


def test_every_command_works_behind_pgbouncer(pooled: dict[str, str]) -> None:
    run("manage.py", "migrate", "-v0", env=pooled)
    inside(STAGE, pooled)
    assert f'"transferred": {FILES}' in run("manage.py", "staging_drain", "--json", env=pooled)
    assert f'"checked": {FILES}' in run("manage.py", "staging_verify", "--json", env=pooled)
    run("manage.py", "staging_cleanup", env=pooled)
    dumped = run("manage.py", "dumpdata", "media_staging.stagedfile", env=pooled)
    assert dumped.count('"pk"') == FILES
