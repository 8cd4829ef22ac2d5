"""One row per stored file."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from media_staging import clock, errors, remotes
from media_staging.fixtures import FilesByKey

# The longer side of a thumbnail in pixels. Tiles show a square of it: sharp on all but the double
# cover tile of a screen with two pixels to one, and good enough there.
THUMBNAIL_SIDE = 640
# The longer side of what is shown enlarged, in pixels.
PREVIEW_SIDE = 1600
# An original that is no larger than that, and has fewer bytes than this, is shown itself.
PREVIEW_BYTES = 1024**2


class StagedFileQuerySet(FilesByKey, models.QuerySet["StagedFile"]):
    def originals(self) -> Self:
        """Without thumbnails, which nobody staged: what people are told about."""
        return self.filter(is_thumbnail=False)


class StagedFile(models.Model):
    """One stored file for life.

    `key` is ours, unique, never changed, and the same on disk and on the remote, so an upload
    that is repeated puts the same bytes in the same place. A replaced picture is another row.
    All changes of `status` are in `states/`.
    """

    class Status(models.TextChoices):
        # Bytes on the local disk. When due: try the transfer.
        STAGED = "staged", _("queued")
        # A worker holds the lease until `due_at`. When due: the lease ran out, claim it again.
        TRANSFERRING = "transferring", _("syncing")
        # Bytes verified on the remote; also local until evicted. When due: evict the local copy.
        SYNCED = "synced", _("synced")
        # Bytes on the local disk. Never due by itself: a person retries.
        FAILED = "failed", _("failed")
        # Nobody refers to it any more. When due: delete everywhere, then the row.
        PURGING = "purging", _("deleting")

    PENDING = (Status.STAGED, Status.TRANSFERRING)
    # True while only the transaction that inserted the row can see it, and it has no owner yet.
    is_private = False

    key = models.CharField(_("key"), max_length=160, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=255, blank=True)
    size = models.PositiveBigIntegerField(_("size"))
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    content_type = models.CharField(_("type"), max_length=100)
    width = models.PositiveIntegerField(_("width"), null=True, blank=True)
    height = models.PositiveIntegerField(_("height"), null=True, blank=True)
    created_at = models.DateTimeField(_("staged at"))
    synced_at = models.DateTimeField(_("synced at"), null=True, blank=True)

    status = models.CharField(_("status"), max_length=12, choices=Status.choices, default="staged")
    due_at = models.DateTimeField(_("due at"), null=True, blank=True)
    # Names the worker that holds the lease; a change of state that finds another token is void.
    token = models.UUIDField(null=True, blank=True, editable=False)
    # An upload begun under an earlier lease may still land on the remote until then.
    settle_at = models.DateTimeField(null=True, blank=True, editable=False)
    # Failures of this file's own; outages are not counted.
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    failed_at = models.DateTimeField(_("last failure"), null=True, blank=True)
    error_code = models.CharField(_("error"), max_length=40, blank=True)
    error_message = models.CharField(_("reason, in the remote's words"), max_length=500, blank=True)

    # Where it goes, or is: an id of a Place. Empty: of the first version, where `remote` points to.
    place = models.CharField(_("place"), max_length=12, blank=True, editable=False)
    # Which remote took it, and what it answered (a version, say): set by the flip.
    remote = models.CharField(_("remote"), max_length=40, blank=True)
    remote_data = models.JSONField(default=dict, blank=True, editable=False)

    # Never let go of for want of an owner, until `let_go()`; also not when an owner goes.
    keep = models.BooleanField(_("kept without an owner"), default=False)
    # What sweeps saw, see `states/grace.py`: that something referred to it, that nothing did since.
    was_referred = models.BooleanField(default=False, editable=False)
    unreferenced_since = models.DateTimeField(null=True, blank=True, editable=False)

    # The same picture, small: a file of its own that lives as long as this one refers to it.
    thumbnail = models.ForeignKey(
        "self",
        models.PROTECT,
        verbose_name=_("thumbnail"),
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    # The same for the enlarged view, made and let go of together with the thumbnail.
    preview = models.ForeignKey(
        "self",
        models.PROTECT,
        verbose_name=_("preview"),
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    # It is one of these two of another file.
    is_thumbnail = models.BooleanField(_("is a thumbnail"), default=False, editable=False)
    # A synced file that is due gets its thumbnail while the local copy is there; null: none is
    # wanted any more. During an attempt it is the end of the lease.
    thumbnail_due_at = models.DateTimeField(null=True, blank=True, editable=False)
    thumbnail_attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    thumbnail_error = models.CharField(_("no thumbnail because"), max_length=40, blank=True)

    objects = StagedFileQuerySet.as_manager()

    class Meta:
        verbose_name = _("file")
        verbose_name_plural = _("files")
        # Partial ones: a full one on the status made counts eight times slower at a million rows.
        indexes = [
            models.Index(fields=["due_at"], name="staged_due", condition=Q(status="staged")),
            # What waits for one remote is found past what waits for another.
            models.Index(fields=["place", "due_at"], name="by_place", condition=Q(status="staged")),
            models.Index(
                fields=["due_at"], name="transferring_due", condition=Q(status="transferring")
            ),
            models.Index(
                fields=["due_at"],
                name="evict_due",
                condition=Q(status="synced", due_at__isnull=False),
            ),
            models.Index(fields=["created_at"], name="failed_files", condition=Q(status="failed")),
            models.Index(fields=["due_at"], name="purge_due", condition=Q(status="purging")),
            models.Index(fields=["synced_at"], name="synced_lately", condition=Q(status="synced")),
            models.Index(
                fields=["thumbnail_due_at"],
                name="thumbnail_due",
                condition=Q(status="synced", due_at__isnull=False, thumbnail_due_at__isnull=False),
            ),
        ]
        constraints = [
            # Also what finds the original of a thumbnail.
            models.UniqueConstraint(
                fields=["thumbnail"],
                name="thumbnail_of_one_file",
                condition=Q(thumbnail__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["preview"],
                name="preview_of_one_file",
                condition=Q(preview__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.key

    @property
    def url(self) -> str:
        """Where the bytes are: the local file until the remote copy is verified, then the remote's.

        An earlier answer stays good: the local address redirects once the local copy is gone. The
        local one too where no other can be made, for want of its remote's settings or keys.
        """
        remote = self._flipped_to
        url = remote and remotes.made(remote, remote.url, self.key, self.remote_data)
        return url or self.local_url

    @property
    def _flipped_to(self) -> remotes.Remote | None:
        return remotes.at(self.place, self.remote) if self.status == self.Status.SYNCED else None

    @property
    def download_url(self) -> str:
        """Saves the file under its own name instead of showing it, from wherever it is."""
        return f"{self.local_url}?download"

    @cached_property
    def local_url(self) -> str:
        return reverse("media_staging:media", args=[self.key])

    @property
    def thumbnail_url(self) -> str:
        """The original's while there is nothing smaller. Lists join `thumbnail` (`select_related`);
        otherwise this costs a query."""
        return self._made_by_remote(THUMBNAIL_SIDE) or (self.thumbnail or self).url

    @property
    def preview_url(self) -> str:
        """What to show enlarged: the preview, or what comes nearest to it without making anybody
        load a large original of which there is something smaller. Lists join `thumbnail` and
        `preview`; otherwise this costs a query for each."""
        if made := self._made_by_remote(PREVIEW_SIDE):
            return made
        return (self.preview or (None if self.is_own_preview else self.thumbnail) or self).url

    @property
    def widths(self) -> dict[int, str]:
        """The addresses to choose from by the width of what is there, in pixels, smallest first;
        none where there is no choice. Joined as for `preview_url`."""
        sides = (THUMBNAIL_SIDE, PREVIEW_SIDE)
        if self.width and self._made_by_remote(PREVIEW_SIDE):
            found = {min(side, self.width): self._made_by_remote(side) for side in sides}
        else:
            large = self.preview or (self if self.is_own_preview else None)
            shown = [file for file in (self.thumbnail, large) if file and file.width]
            found = {file.width: file.url for file in shown if file.width}
        return found if len(found) > 1 else {}

    @property
    def is_own_preview(self) -> bool:
        """Whether the original is small enough to be shown enlarged."""
        longer_side = max(self.width or 0, self.height or 0)
        return longer_side <= PREVIEW_SIDE and self.size < PREVIEW_BYTES

    def _made_by_remote(self, width: int) -> str:
        """Where a remote that makes small pictures has one; empty for others, and before."""
        remote = self._flipped_to
        if not (remote and remote.makes_thumbnails and self.is_picture):
            return ""
        wanted = (self.key, self.remote_data, width)
        return remotes.made(remote, remote.thumbnail_url, *wanted) or self.local_url

    @property
    def lasting_thumbnail_url(self) -> str:
        """Shows the same, by way of us, and never ends: for a page that stays open for long."""
        return (self.thumbnail or self).local_url

    @property
    def is_picture(self) -> bool:
        return self.content_type.startswith("image/")

    @property
    def thumbnail_problem(self) -> dict[str, str] | None:
        """Why there will be none; damage inside the picture, mostly."""
        code = self.thumbnail_error
        return {"code": code, "message": errors.sentence(code, "")} if code else None

    @property
    def state(self) -> str:
        """The status as a plain word."""
        return str(self.status)

    @property
    def error(self) -> dict[str, str] | None:
        """Why the last try failed, while that matters: not once the file is synced."""
        code = self.error_code
        if not code or self.status == self.Status.SYNCED:
            return None
        return {"code": code, "message": errors.sentence(code, self.error_message)}

    @property
    def retry_at(self) -> datetime | None:
        """When a transfer that failed before is tried again, aware; None: it waits for nothing."""
        again = self.due_at if self.status == self.Status.STAGED and self.error_code else None
        return again and clock.as_utc(again)

    def let_go(self) -> bool:
        """End `keep`: the file goes at once if nothing refers to it, else with its last owner.

        Returns whether it goes now.
        """
        from media_staging.states import owners

        goes = owners.release(self.pk)
        self.keep = False
        if goes:
            self.status = self.Status.PURGING
        return goes

    @property
    def identity(self) -> remotes.Identity:
        """What a remote has to know of the file."""
        name = "" if self.content_type.startswith("image/") else self.name
        return remotes.Identity(self.key, self.size, self.sha256, self.content_type, name=name)
