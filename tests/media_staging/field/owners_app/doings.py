"""What happens in a site between two commands, for `Site.do`: many steps in one process."""

import os
import sqlite3
from contextlib import closing, suppress
from io import StringIO

from django.core.files.base import ContentFile
from django.core.management import call_command
from django.db import connection

from media_staging import clock, stage
from media_staging.models import StagedFile


def staged(**options: object) -> StagedFile:
    return stage(ContentFile(os.urandom(1500), name="scan.bin"), **options)


def sold(count: int, folder: str = "products") -> dict[str, str]:
    """Products with a file each; the hashes of these by key."""
    from products.models import Product, ProductImage

    files = [staged(folder=folder) for _ in range(count)]
    for file in files:
        product = Product.objects.create(name="Bowl", price=1, status="active")
        ProductImage.objects.create(product=product, file=file)
    return {file.key: file.sha256 for file in files}


def drained(count: int) -> dict[str, str]:
    files = sold(count)
    drain()
    return files


def drain() -> None:
    run("staging_drain")


def sweep() -> None:
    run("staging_cleanup")


def run(*command: str) -> None:
    with suppress(SystemExit):
        call_command(*command, stdout=StringIO())


def drop(*keys: str) -> None:
    """Delete the products that show these files, as people do."""
    from products.models import Product

    for product in Product.objects.filter(images__file__key__in=keys):
        product.delete()


def lose_rows(*keys: str) -> None:
    """Delete rows past the app."""
    from products.models import ProductImage

    files = StagedFile.objects.filter(key__in=keys)
    ProductImage._base_manager.filter(file__in=files)._raw_delete("default")
    files._raw_delete("default")


def delete_rows(*keys: str) -> None:
    """Delete rows of files by the ORM, after what refers to them."""
    from products.models import ProductImage

    files = StagedFile.objects.filter(key__in=keys)
    ProductImage._base_manager.filter(file__in=files)._raw_delete("default")
    files.delete()


def lose_files(*keys: str) -> None:
    """The rows of files only: what refers to them is left."""
    with connection.constraint_checks_disabled():
        StagedFile.objects.filter(key__in=keys)._raw_delete("default")


def evict() -> None:
    """Local copies are past their retention."""
    StagedFile.objects.filter(status="synced").update(due_at=clock.now())


def dump(path: str) -> None:
    """The database as it is now, in a file."""
    connection.ensure_connection()
    with closing(sqlite3.connect(path)) as target:
        connection.connection.backup(target)
