"""The images of products in the admin. What is deleted here can be restored, as on the pages."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from media_staging import clock
from media_staging.admin import ReadOnlyAdmin, ShowsFiles, shown
from products import cells
from products.admin.rows import RowForm, RowFormSet, WithSeen
from products.cells import Conflict, Values
from products.errors import TooLate
from products.images import changes
from products.images.gallery import restore_until, undo_start, undo_time
from products.models import ProductImage

IMAGE = ("alt", "position")


class ShowsPicture(ShowsFiles):
    @admin.display(description=_("file"))
    def picture(self, image: ProductImage) -> SafeString:
        return shown(image.file)


# --- Inline ------------------------------------------------------------------------------------


class ImageForm(RowForm):
    """`position` is the place among the images that are shown, 1 the first."""

    compared = IMAGE

    class Meta:
        model = ProductImage
        fields = ("file", *IMAGE)

    def clean(self) -> Values:
        cleaned = super().clean()
        if self.instance.pk and cleaned.get("position") is None:
            self.columns.pop("position", None)
        return cleaned

    def merge(self, wanted: Values, seen: Values) -> tuple[Values, dict[str, Conflict]]:
        """Of two who move an image, the later one has moved it, as on the pages."""
        columns, conflicts = super().merge(wanted, seen)
        if conflicts.pop("position", None):
            columns["position"] = wanted["position"]
        return columns, conflicts

    def is_typed(self) -> bool:
        return super().is_typed() or bool(self.cleaned_data.get("file"))


class ImageFormSet(RowFormSet):
    def prepare(self, rows: Any) -> None:
        """Positions have gaps, since hidden images keep theirs; people see places."""
        for place, image in enumerate(rows, start=1):
            image.position = place

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        if form.is_gone and "file" in form.fields:
            form.fields["file"].required = False

    def changes_of(self, form: Any) -> list[str]:
        return super().changes_of(form) + (["file"] if "file" in form.changed_data else [])

    def write(
        self, added: Sequence[Any], changed: Sequence[Any], deleted: Sequence[int]
    ) -> list[Any]:
        product_id = self.instance.pk
        changes.delete_all(deleted)
        for form in changed:
            if "file" in form.changed_data:
                changes.put(form.instance.pk, form.cleaned_data["file"])
        files = [form.cleaned_data["file"] for form in added]
        new = changes.insert(product_id, files, place=None)
        wanted = [(form.instance, form.columns) for form in changed]
        wanted += [(image, as_columns(form)) for image, form in zip(new, added, strict=True)]
        self.describe(wanted)
        places = {image.pk: each["position"] for image, each in wanted if "position" in each}
        if places:
            changes.move(product_id, places)
        return new

    def describe(self, wanted: Sequence[tuple[ProductImage, Values]]) -> None:
        described = [(image, {"alt": each["alt"]}) for image, each in wanted if "alt" in each]
        for image, columns in described:
            cells.write(image, columns, self.saver)
        changes.write_alts([image for image, _columns in described])


def as_columns(form: ImageForm) -> Values:
    """What was typed for an image that is new."""
    typed = {name: form.cleaned_data[name] for name in IMAGE}
    return {name: value for name, value in typed.items() if value not in {"", None}}


class ImageInline(WithSeen, ShowsPicture, admin.TabularInline):
    model = ProductImage
    form = ImageForm
    formset = ImageFormSet
    extra = 0
    fields = ("file", *IMAGE)
    readonly_fields = ("picture",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Where the file is no input, its picture is shown all the same."""
        fields = super().get_fields(request, obj)
        if self.has_change_permission(request, obj):
            return fields
        can_add = self.has_add_permission(request, obj)
        return ["picture", *(name for name in fields if can_add or name != "file")]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ProductImage]:
        images = changes.live().select_related("file__thumbnail").order_by("position", "pk")
        return images.select_for_update(of=("self",)) if request.method == "POST" else images


# --- All images ----------------------------------------------------------------------------------


class Deleted(admin.SimpleListFilter):
    """The live images, unless those are asked for that can be restored."""

    title = _("kind")
    parameter_name = "deleted"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("1", _("Recently deleted"))]

    def choices(self, changelist: Any) -> Iterator[Any]:
        everything, *others = super().choices(changelist)
        yield {**everything, "display": _("On a product")}
        yield from others

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[ProductImage]
    ) -> QuerySet[ProductImage]:
        return queryset.filter(deleted_at__isnull=self.value() != "1")


@admin.register(ProductImage)
class ImageAdmin(ShowsPicture, ReadOnlyAdmin):
    """To look at, to delete and to restore; what an image shows is changed on its product."""

    list_display = ("__str__", "picture", "product", "until")
    list_select_related = ("product", "file__thumbnail")
    list_filter = (Deleted, "file__status")
    search_fields = ("product__name", "alt", "file__name")
    ordering = ("-pk",)
    show_full_result_count = False
    actions = ("restore",)
    fields = readonly_fields = ("picture", "product", "alt", "until")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ProductImage]:
        is_there = Q(deleted_at=None) | Q(deleted_at__gt=undo_start(clock.now()))
        return super().get_queryset(request).filter(is_there, product__unsaved_at=None)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        is_live = obj is None or obj.deleted_at is None
        return is_live and request.user.has_perm("products.delete_productimage")

    def has_restore_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("products.change_productimage")

    @admin.display(description=_("can be restored until"), ordering="deleted_at")
    def until(self, image: ProductImage) -> str:
        return cells.shown_time(restore_until(image)) if image.deleted_at else ""

    def delete_model(self, request: HttpRequest, obj: ProductImage) -> None:
        tell_deleted(request, changes.delete_all([obj.pk]))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[ProductImage]) -> None:
        tell_deleted(request, changes.delete_all(queryset.values_list("pk", flat=True)))

    @admin.action(description=_("Restore"), permissions=["restore"])
    def restore(self, request: HttpRequest, queryset: QuerySet[ProductImage]) -> None:
        late = 0
        images = queryset.values_list("pk", flat=True)
        for pk in images:
            try:
                changes.restore(pk)
            except (TooLate, ProductImage.DoesNotExist):
                late += 1
        if count := len(images) - late:
            told = ngettext("%(count)s image restored.", "%(count)s images restored.", count)
            messages.success(request, told % {"count": count})
        if late:
            messages.warning(request, str(TooLate().message))


def tell_deleted(request: HttpRequest, count: int) -> None:
    """Until when, and where, it can be undone."""
    if not count:
        return
    text = ngettext(
        "%(count)s image was deleted. It can be restored until %(until)s:",
        "%(count)s images were deleted. They can be restored until %(until)s:",
        count,
    ) % {"count": count, "until": cells.shown_time(clock.now() + undo_time())}
    where = reverse("admin:products_productimage_changelist") + "?deleted=1"
    messages.info(
        request, format_html('{} <a href="{}">{}</a>', text, where, _("Recently deleted"))
    )
