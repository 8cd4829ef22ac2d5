"""Files in the Django admin, and what admins of other models need to show theirs.

A form shows a StagedFileField as picture, state and reason by itself. For lists and for fields that
are only read:

    class PhotoAdmin(ShowsFiles, admin.ModelAdmin):
        list_display = ["picture", "title"]
        list_select_related = ["file__thumbnail"]

        @admin.display(description="picture")
        def picture(self, photo):
            return shown(photo.file)
"""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.options import BaseModelAdmin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from media_staging.forms import STYLES, shown
from media_staging.models import RemoteHealth, StagedFile
from media_staging.web import requeue

__all__ = ["ReadOnlyAdmin", "RemoteHealthAdmin", "ShowsFiles", "StagedFileAdmin", "shown"]


class ShowsFiles(BaseModelAdmin):
    """A ModelAdmin or an inline that shows files by `shown`: it brings the styles for that."""

    class Media:
        css = STYLES


class ReadOnlyAdmin(admin.ModelAdmin):
    """To look at: what workers rely on changes only through the functions that they use."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(RemoteHealth)
class RemoteHealthAdmin(ReadOnlyAdmin):
    """The breaker of each remote. A retry of a file is what makes an open one try at once."""

    list_display = ("remote", "failures", "open_until", "last_success_at", "error_code")
    fields = readonly_fields = (
        "remote",
        "failures",
        "open_until",
        "last_success_at",
        "alerted_at",
        "error_code",
        "error_message",
    )


class ThumbnailFilter(admin.SimpleListFilter):
    """Originals unless thumbnails are asked for."""

    title = _("kind")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("thumbnails", _("thumbnails"))]

    def choices(self, changelist: Any) -> Iterator[Any]:
        everything, *others = super().choices(changelist)
        yield {**everything, "display": _("originals")}
        yield from others

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[StagedFile]
    ) -> QuerySet[StagedFile]:
        return queryset.filter(is_thumbnail=self.value() == "thumbnails")


@admin.register(StagedFile)
class StagedFileAdmin(ShowsFiles, ReadOnlyAdmin):
    """Rows change only through `states/`. The one action is a retry."""

    list_display = ("key", "file", "size", "attempts", "error_code", "due_at")
    list_select_related = ("thumbnail",)
    list_filter = (ThumbnailFilter, "status", "remote", "content_type", "error_code", "created_at")
    search_fields = ("key", "name", "sha256")
    date_hierarchy = "created_at"
    ordering = ("-pk",)
    show_full_result_count = False
    actions = ("retry",)
    fields = readonly_fields = (
        "file",
        "key",
        "name",
        "status",
        "due_at",
        "attempts",
        "error_code",
        "error_message",
        "place",
        "remote",
        "size",
        "content_type",
        "width",
        "height",
        "sha256",
        "created_at",
        "synced_at",
        "thumbnail",
        "preview",
        "thumbnail_error",
    )

    @admin.display(description=_("file"), ordering="name")
    def file(self, file: StagedFile) -> SafeString:
        return shown(file)

    @admin.action(description=_("Transfer now"), permissions=["retry"])
    def retry(self, request: HttpRequest, queryset: QuerySet[StagedFile]) -> None:
        count = requeue.retry(queryset.values_list("pk", flat=True))
        text = ngettext("%(count)d file is tried now.", "%(count)d files are tried now.", count)
        messages.success(request, text % {"count": count})

    def has_retry_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("media_staging.change_stagedfile")
