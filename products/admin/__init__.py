"""The catalogue in the Django admin, for repairs; the staff pages are the daily tool.

May import: cells, images, models.
"""

from typing import Any

from django.contrib import admin
from django.contrib.admin.options import BaseModelAdmin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from products import cells
from products.admin.forms import IMAGE, PRODUCT, VARIANT, ImageForm, ProductForm, VariantForm
from products.cells import Saver
from products.images import changes
from products.models import Product, ProductImage, ProductVariant


class WithSeen(BaseModelAdmin):
    """Shows the hidden field `seen` to whoever may change something."""

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = super().get_fields(request, obj)
        return [*fields, "seen"] if self.has_change_permission(request, obj) else fields


class VariantInline(WithSeen, admin.TabularInline):
    model = ProductVariant
    form = VariantForm
    extra = 0
    fields = VARIANT


class ImageInline(WithSeen, admin.TabularInline):
    model = ProductImage
    form = ImageForm
    extra = 0
    fields = ("file", *IMAGE)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ProductImage]:
        return super().get_queryset(request).filter(deleted_at__isnull=True)


@admin.register(Product)
class ProductAdmin(WithSeen, admin.ModelAdmin):
    form = ProductForm
    list_display = ["name", "status", "price", "created_at", "updated_at"]
    list_filter = ["status", "created_at", "updated_at"]
    search_fields = ["name", "variants__sku"]
    search_help_text = _("Name or SKU")
    date_hierarchy = "created_at"
    show_full_result_count = False
    fields = (*PRODUCT, "version", "created_at", "updated_at")
    readonly_fields = ["version", "created_at", "updated_at"]
    inlines = [ImageInline, VariantInline]

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Product | None:
        """A POST runs in a transaction; it locks the product as every other change does."""
        product = super().get_object(request, object_id, from_field)
        if product and request.method == "POST":
            return Product.objects.filter(pk=product.pk).select_for_update(no_key=True).first()
        return product

    def delete_model(self, request: HttpRequest, obj: Product) -> None:
        changes.delete_product(obj.pk)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Product]) -> None:
        for pk in queryset.order_by("pk").values_list("pk", flat=True):
            changes.delete_product(pk)

    def save_model(self, request: HttpRequest, obj: Product, form: Any, change: bool) -> None:
        """Takes note of what changed, so that it is adopted, or asked about, where it is open."""
        obj.saved_by_id = request.user.pk
        if change:
            cells.write(obj, form.columns, Saver(request.user.pk))
            obj.version += 1
            obj.submission_id = None
        super().save_model(request, obj, form, change)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        for each in formset.initial_forms:
            cells.write(each.instance, each.columns, Saver(request.user.pk))
        super().save_formset(request, form, formset, change)
