"""Makes `first_version.json`: a shop of the first version, with a file in every state.

Run it with the code of the first version, in an empty folder for its data:

    git worktree add /tmp/first 64f6ceb && cd /tmp/first
    VAR_DIR=$(mktemp -d) MEDIA_REMOTE=filesystem PYTHONPATH=.:site DJANGO_SETTINGS_MODULE=settings \
        python …/tests/media_staging/upgrade/make_dump.py > …/upgrade/first_version.json

The dump has the rows of the tables as they are, the bytes on the disk and on the remote, and the
addresses that the first version gave. It uses nothing that later versions changed.
"""

import base64
import json
import os
import sys
from contextlib import suppress
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import django

django.setup()

from django.core.files.uploadedfile import SimpleUploadedFile  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402
from PIL import Image  # noqa: E402

from media_staging import stage  # noqa: E402
from media_staging.models import StagedFile  # noqa: E402
from products.models import Product, ProductImage  # noqa: E402

VAR_DIR = Path(os.environ["VAR_DIR"])
TABLES = (
    *("media_staging_stagedfile", "media_staging_remotehealth", "media_staging_stagingarea"),
    *("products_product", "products_productimage"),
)


def photo(name: str, shade: int) -> StagedFile:
    stream = BytesIO()
    Image.new("RGB", (700, 500), (shade, 80, 120)).save(stream, "JPEG", quality=30)
    return stage(SimpleUploadedFile(f"{name}.jpg", stream.getvalue()), folder="products")


def quietly(*command: str) -> None:
    # A drain that leaves something waiting ends with an exit code.
    with suppress(SystemExit):
        call_command(*command, stdout=sys.stderr)


def main() -> None:
    quietly("migrate", "-v0")
    product = Product.objects.create(name="Mug", price=1)
    owned = ("synced", "evicted", "staged", "failed")
    files = {name: photo(name, 40 * n) for n, name in enumerate((*owned, "alone", "let go"))}
    for position, name in enumerate(owned):
        ProductImage.objects.create(product=product, file=files[name], position=position)
    rows = StagedFile.objects.filter
    # What is not to be moved yet waits; the rest goes through the first version's own commands.
    later = timezone.now() + timedelta(minutes=10)
    rows(name__in=["staged.jpg", "failed.jpg"]).update(due_at=later)
    quietly("staging_drain")
    quietly("staging_cleanup")
    quietly("staging_drain")
    rows(name="evicted.jpg").update(due_at=timezone.now() - timedelta(days=1))
    quietly("staging_cleanup")
    rows(name="staged.jpg").update(due_at=timezone.now())
    rows(name="failed.jpg").update(
        status="failed", due_at=None, attempts=1, error_code="remote_refused"
    )
    rows(name="let go.jpg").update(status="purging", due_at=timezone.now(), thumbnail=None)
    StagedFile.objects.update(created_at=timezone.now() - timedelta(days=30))
    json.dump(dump(), sys.stdout, indent=1, default=str)


def dump() -> dict[str, object]:
    return {
        "tables": {table: table_of(table) for table in TABLES},
        "staging": folder(VAR_DIR / "staging"),
        "remote": folder(VAR_DIR / "remote"),
        "addresses": {
            file.key: [file.url, file.thumbnail_url]
            for file in StagedFile.objects.exclude(status="purging")
        },
    }


def table_of(table: str) -> dict[str, object]:
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT * FROM "{table}" ORDER BY 1')  # noqa: S608
        return {
            "columns": [column[0] for column in cursor.description],
            "rows": [list(row) for row in cursor.fetchall()],
        }


def folder(root: Path) -> dict[str, str]:
    return {
        str(path.relative_to(root)): base64.b64encode(path.read_bytes()).decode()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


if __name__ == "__main__":
    main()
