"""What a cleanup left where it was, and why."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from media_staging import errors


class Leftover(models.Model):
    """What the last cleanup could not, or must not, delete. The next one replaces it."""

    class Reason(models.TextChoices):
        # `errors.LEFTOVER_SENTENCES` says why, and what a person can do.
        SET_BACK = "set_back"
        COPIED = "copied"
        MARK_GONE = "mark_gone"
        UNREADABLE = "unreadable"
        NOT_WRITABLE = "not_writable"
        OTHER_DATABASE = "other_database"
        FORMER_ID = "former_id"
        NOT_ACCEPTED = "not_accepted"
        NO_MARKS = "no_marks"
        OTHER_MARK = "other_mark"
        TOO_MANY = "too_many"
        RELATION_GONE = "relation_gone"
        CANNOT_ASK = "cannot_ask"
        ELSEWHERE = "elsewhere"
        CANNOT_DELETE = "cannot_delete"
        IS_FOLDER = "is_folder"
        PUT_OFF = "put_off"

    STUCK = (Reason.ELSEWHERE, Reason.CANNOT_DELETE, Reason.IS_FOLDER)

    # Which step of the cleanup, and of which remote: "purge", "disk", "objects of s3" …
    step = models.CharField(max_length=60)
    # Empty: the step as a whole.
    key = models.CharField(max_length=400, blank=True)
    reason = models.CharField(max_length=20, choices=Reason.choices)
    # The remote's entry in the settings, or the words of an error.
    detail = models.CharField(max_length=500, blank=True)
    seen_at = models.DateTimeField()

    class Meta:
        verbose_name = _("leftover")
        verbose_name_plural = _("leftovers")

    def __str__(self) -> str:
        return f"{self.key or self.step}: {self.sentence}"

    @property
    def sentence(self) -> str:
        """Why it stays, and what a person can do, in the language of the reader."""
        return errors.leftover_sentence(self.reason, self.detail)
