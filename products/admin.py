"""The catalogue in the Django admin, for repairs; the staff pages are the daily tool."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from products.images import changes
from products.models import Product, ProductImage, ProductVariant


class VariantInline(admin.TabularInline):
    model = ProductVariant
    extra = 0
    fields = ["sku", "name", "price", "stock", "position"]


class ImageInline(admin.TabularInline):
    model = ProductImage
    extra = 0
    fields = ["file", "alt", "position"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ProductImage]:
        return super().get_queryset(request).filter(deleted_at__isnull=True)


@admin.register(Product)
class ProductAdmin(admin.ModelAdmin):
    list_display = ["name", "status", "price", "created_at", "updated_at"]
    list_filter = ["status", "created_at", "updated_at"]
    search_fields = ["name", "variants__sku"]
    search_help_text = _("Name or SKU")
    date_hierarchy = "created_at"
    show_full_result_count = False
    fields = ["name", "description", "price", "status", "version", "created_at", "updated_at"]
    readonly_fields = ["version", "created_at", "updated_at"]
    inlines = [ImageInline, VariantInline]

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Product | None:
        """A POST runs in a transaction; it locks the product as every other change does."""
        product = super().get_object(request, object_id, from_field)
        if product and request.method == "POST":
            Product.objects.filter(pk=product.pk).select_for_update(no_key=True).first()
        return product

    def delete_model(self, request: HttpRequest, obj: Product) -> None:
        changes.delete_product(obj.pk)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Product]) -> None:
        for pk in queryset.order_by("pk").values_list("pk", flat=True):
            changes.delete_product(pk)

    def save_model(self, request: HttpRequest, obj: Product, form: Any, change: bool) -> None:
        """Whoever has the staff form open is told."""
        obj.saved_by_id = request.user.pk
        if change:
            obj.version += 1
        super().save_model(request, obj, form, change)
