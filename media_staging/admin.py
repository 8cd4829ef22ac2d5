from collections.abc import Iterator
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from media_staging.models import RemoteHealth, StagedFile
from media_staging.web import requeue


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
class StagedFileAdmin(ReadOnlyAdmin):
    """Rows change only through `states/`. The one action is a retry."""

    list_display = ("key", "name", "status", "size", "attempts", "error_code", "due_at")
    list_filter = (ThumbnailFilter, "status", "remote", "content_type", "error_code", "created_at")
    search_fields = ("key", "name", "sha256")
    date_hierarchy = "created_at"
    ordering = ("-pk",)
    show_full_result_count = False
    actions = ("retry",)
    fields = readonly_fields = (
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

    @admin.action(description=_("Transfer now"), permissions=["retry"])
    def retry(self, request: HttpRequest, queryset: QuerySet[StagedFile]) -> None:
        count = requeue.retry(queryset.values_list("pk", flat=True))
        text = ngettext("%(count)d file is tried now.", "%(count)d files are tried now.", count)
        messages.success(request, text % {"count": count})

    def has_retry_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("media_staging.change_stagedfile")
