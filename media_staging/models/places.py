"""Where files are, and how their remotes are."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Place(models.Model):
    """Where files are: the id that rows hold, in words. Stays when its remote is set up no more."""

    id = models.CharField(max_length=12, primary_key=True)
    # The entry of the settings that had it last, and its address.
    remote = models.CharField(max_length=40)
    address = models.CharField(max_length=1000)
    # When this database first found a mark there, its own or another one.
    marked_at = models.DateTimeField(null=True, blank=True)
    # The last marks that it wrote, or was about to write; the newest is the last one.
    tokens = models.JSONField(default=list, blank=True)
    # By id of this database: the highest row number while nothing spoke against it here.
    highest = models.JSONField(default=dict, blank=True)
    # A person says that one sweep may take more than a sweep usually does.
    excess_accepted = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("place")
        verbose_name_plural = _("places")

    def __str__(self) -> str:
        return self.address


class RemoteHealth(models.Model):
    """The breaker of one remote, shared by all workers. See `states/health.py`."""

    remote = models.CharField(_("remote"), max_length=40, primary_key=True)
    # Failures in a row; back to 0 by any success.
    failures = models.PositiveIntegerField(_("failures in a row"), default=0)
    # The breaker is open until then; null: closed.
    open_until = models.DateTimeField(_("paused until"), null=True, blank=True)
    last_success_at = models.DateTimeField(_("last success"), null=True, blank=True)
    alerted_at = models.DateTimeField(_("alerted at"), null=True, blank=True)
    error_code = models.CharField(_("error"), max_length=40, blank=True)
    error_message = models.CharField(_("reason, in the remote's words"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("remote health")
        verbose_name_plural = _("remote health")

    def __str__(self) -> str:
        return self.remote
