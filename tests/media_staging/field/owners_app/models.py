"""An adopter's models: every way to refer to a file that people use."""

from typing import ClassVar

from django.db import models

from media_staging.fields import StagedFileField
from media_staging.models import StagedFile


class Owner(models.Model):
    class Meta:
        abstract = True

    def __str__(self) -> str:
        return str(self.pk)


class Plain(Owner):
    file = models.ForeignKey(StagedFile, models.SET_NULL, null=True, related_name="+")


class Protected(Owner):
    file = models.ForeignKey(StagedFile, models.PROTECT, related_name="+")


class Album(Owner):
    files: ClassVar[models.ManyToManyField] = models.ManyToManyField(StagedFile, related_name="+")


class Passport(Owner):
    file = models.OneToOneField(StagedFile, models.CASCADE, related_name="+")


class Note(Owner):
    """Knows its file by the key only."""

    key = models.CharField(max_length=200)


class NotHidden(models.Manager):
    def get_queryset(self) -> models.QuerySet:
        return super().get_queryset().filter(hidden=False)


class Letter(Owner):
    """Deleted softly: its own managers do not show it any more."""

    file = StagedFileField(folder="letters")
    hidden = models.BooleanField(default=False)

    objects = NotHidden()

    class Meta:
        base_manager_name = "objects"


class Photo(Owner):
    file = StagedFileField(folder="photos", null=True, blank=True)


class PhotoOfTheDay(Photo):
    class Meta:
        proxy = True
