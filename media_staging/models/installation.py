"""Who this database is, and the staging area that belongs to it."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Installation(models.Model):
    """Who this database is, for the marks that it leaves. See `removal/`."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    # Drawn anew when a person accepts an area or a prefix, so that a copy of the database stops.
    database = models.UUIDField(default=uuid.uuid4)
    # Raised by each cleanup; an area that is ahead proves that the database was set back.
    counter = models.PositiveBigIntegerField(default=0)
    # The ids it had before, the last one last, and the highest row number of their time.
    former = models.JSONField(default=list, blank=True)
    formerly = models.PositiveBigIntegerField(default=0)
    # Its oldest files were stored by the first version, whose objects carry no mark.
    had_first_version = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("installation")
        verbose_name_plural = _("installations")
        constraints = [models.CheckConstraint(condition=Q(id=1), name="only_one_installation")]

    def __str__(self) -> str:
        return str(self.database)


class StagingArea(models.Model):
    """The id of the one staging area that belongs to this database. See `area/staging.py`."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    mark = models.UUIDField(default=uuid.uuid4)
    # What tells the mark on the disk from a copy of it; see `evidence.is_copied`.
    home = models.CharField(max_length=60, blank=True)
    # A person says that one sweep of the disk may take more than a sweep usually does.
    excess_accepted = models.BooleanField(default=False)
    # The columns that referred to files at the last sweep: `states/relations.py`.
    relations = models.JSONField(default=list, blank=True)

    class Meta:
        verbose_name = _("staging area")
        verbose_name_plural = _("staging areas")
        constraints = [models.CheckConstraint(condition=Q(id=1), name="only_one_staging_area")]

    def __str__(self) -> str:
        return str(self.mark)
