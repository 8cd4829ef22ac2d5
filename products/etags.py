"""The ETag of a product's images, without making the answer: most polls find nothing new."""

import hashlib

from django.utils.http import quote_etag
from django.utils.translation import get_language

from media_staging import clock, progress, remotes
from media_staging.models import StagedFile
from products import images
from products.models import ProductImage
from products.serializers import next_poll_ms

FILE = "file__"
# What never changes for a file, and what only workers look at.
LEFT_OUT = {
    *("key", "size", "sha256", "content_type", "width", "height", "is_thumbnail"),
    *("token", "settle_at", "failed_at", "synced_at", "thumbnail_due_at", "thumbnail_attempts"),
}
COLUMNS = [
    *(field.attname for field in ProductImage._meta.concrete_fields),
    *(
        FILE + field.attname
        for field in StagedFile._meta.concrete_fields
        if field.attname not in LEFT_OUT
    ),
    # Where the thumbnail is.
    "file__thumbnail__status",
    "file__thumbnail__remote",
]
STATUS, REMOTE = COLUMNS.index("file__status"), COLUMNS.index("file__remote")
FILE_ID, CREATED_AT = COLUMNS.index("file__id"), COLUMNS.index("file__created_at")


def of_live_images(product_id: int) -> str:
    """It follows all columns that an answer is made of, the progress, the time to ask again, the
    language of the reasons, and the window in which signed addresses stay the same.
    """
    live = images.live().filter(product=product_id).order_by("position", "pk")
    rows = list(live.values_list(*COLUMNS))
    pending = [
        StagedFile(pk=row[FILE_ID], status=row[STATUS], created_at=row[CREATED_AT])
        for row in rows
        if row[STATUS] in StagedFile.PENDING
    ]
    parts = (
        rows,
        progress.percentages(pending),
        next_poll_ms(pending),
        get_language(),
        [address_window(name) for name in sorted({row[REMOTE] for row in rows})],
    )
    return of_content(repr(parts).encode())


def of_content(content: bytes) -> str:
    return quote_etag(hashlib.sha256(content).hexdigest()[:32])


def address_window(remote: str) -> int | None:
    """When the addresses that the remote hands out now end, in Unix seconds; None: never."""
    lifetime = remotes.get(remote).url_lifetime if remote else None
    return None if lifetime is None else round(clock.now().timestamp() + lifetime)
