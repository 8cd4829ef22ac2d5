"""Photos that arrived with an invalid form: safe, without an owner, and named by a signed field.

They are attached when the form comes back. Those that never come back are swept after the grace
time, as any file without an owner.
"""

from django.core import signing
from django.db.models import Exists, OuterRef

from media_staging.models import StagedFile
from media_staging.states import owners
from products.models import ProductImage

SALT = "products.kept-images"


def sign(user_id: int, files: list[StagedFile]) -> str:
    """The hidden field's text; good for this user only."""
    if not files:
        return ""
    return signing.dumps({"user": user_id, "files": [file.pk for file in files]}, salt=SALT)


def named(user_id: int, text: str) -> list[int]:
    """The ids in a hidden field; none when it is empty, forged or somebody else's."""
    try:
        value = signing.loads(text, salt=SALT)
    except signing.BadSignature:
        return []
    return value["files"] if value["user"] == user_id else []


def find(ids: list[int]) -> list[StagedFile]:
    """Those of them that are still there and have not been attached yet, in order."""
    owned = Exists(ProductImage.objects.filter(file=OuterRef("pk")))
    waiting = StagedFile.objects.filter(~owned, pk__in=ids)
    files = waiting.exclude(status=StagedFile.Status.PURGING).in_bulk()
    return [files[pk] for pk in ids if pk in files]


def take(ids: list[int]) -> list[StagedFile]:
    """The same, held until the transaction ends, for the owners that are about to be made."""
    list(StagedFile.objects.select_for_update().filter(pk__in=ids).order_by("pk"))
    files = find(ids)
    owners.attach(file.pk for file in files)
    return files


def count_lost(ids: list[int]) -> int:
    """How many of them were swept meanwhile."""
    there = StagedFile.objects.filter(pk__in=ids).exclude(status=StagedFile.Status.PURGING)
    return len(set(ids)) - there.count()
