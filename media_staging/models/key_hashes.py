"""What is remembered of keys that no row names any more, or never did, by their hashes."""

import hashlib

from django.db import models
from django.utils.translation import gettext_lazy as _


class ForeignObject(models.Model):
    """An object under a key like ours that proved to be somebody else's: not asked about again."""

    place = models.CharField(max_length=12)
    key_hash = models.CharField(max_length=64)
    etag = models.CharField(max_length=200, blank=True)
    seen_at = models.DateTimeField()

    class Meta:
        verbose_name = _("foreign object")
        verbose_name_plural = _("foreign objects")
        constraints = [
            models.UniqueConstraint(fields=["place", "key_hash"], name="one_foreign_object_per_key")
        ]

    def __str__(self) -> str:
        return self.key_hash


class EndedFile(models.Model):
    """A file whose deletion this database has begun: what is left of it anywhere may be deleted.

    Nothing else proves that: a row may be missing because it was lost. See `states/endings.py`.
    """

    key_hash = models.CharField(max_length=64, primary_key=True)
    ended_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = _("ended file")
        verbose_name_plural = _("ended files")

    def __str__(self) -> str:
        return self.key_hash


def key_hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
