"""The catalogue in the Django admin, for repairs; the staff pages are the daily tool.

May import: cells, errors, images, limits, models, variants.
"""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from products import cells, limits
from products.admin.forms import PRODUCT, ProductForm
from products.admin.images import ImageFormSet, ImageInline, tell_deleted
from products.admin.rows import WithSeen
from products.admin.variants import MOST_VARIANTS, VariantInline
from products.cells import Saver
from products.images import changes
from products.models import Product, ProductImage, ProductVariant


@admin.register(Product)
class ProductAdmin(WithSeen, admin.ModelAdmin):
    form = ProductForm
    list_display = ["name", "status", "price", "created_at", "updated_at"]
    list_filter = ["status", "created_at", "updated_at"]
    search_fields = ["name", "variants__sku"]
    search_help_text = gettext_lazy("Name or SKU")
    date_hierarchy = "created_at"
    show_full_result_count = False
    fields = (*PRODUCT, "variants_here", "version", "created_at", "updated_at")
    readonly_fields = ["variants_here", "version", "created_at", "updated_at"]
    inlines = [ImageInline, VariantInline]

    # --- Variants ------------------------------------------------------------------------------

    def get_inlines(self, request: HttpRequest, obj: Product | None) -> Any:
        """What was opened with variants is saved with them, however many there are by now."""
        if request.method == "POST":
            has_variants = "variants-TOTAL_FORMS" in request.POST
        else:
            has_variants = obj is None or variant_count(obj) <= MOST_VARIANTS
        return self.inlines if has_variants else [ImageInline]

    @admin.display(description=gettext_lazy("variants"))
    def variants_here(self, product: Product) -> SafeString:
        """The limit, before anything is typed, and the page without it."""
        count = variant_count(product) if product.pk else 0
        numbers = {"count": count, "most": MOST_VARIANTS, "page_most": limits.MOST_VARIANTS}
        told = {name: number_format(n, force_grouping=True) for name, n in numbers.items()}
        if count > MOST_VARIANTS:
            text = _("%(count)s variants are more than the %(most)s that can be changed here.")
        else:
            text = _("Here a product can have up to %(most)s, on its own page %(page_most)s.")
        if not product.pk:
            return format_html("{}", text % told)
        page, link = product.get_absolute_url(), _("Change variants on the product's page")
        return format_html('{}<br><a href="{}#variants-title">{}</a>', text % told, page, link)

    # --- Saving --------------------------------------------------------------------------------

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Product | None:
        """A POST runs in a transaction; it locks the product as every other change does."""
        product = super().get_object(request, object_id, from_field)
        if product and request.method == "POST":
            return Product.objects.filter(pk=product.pk).select_for_update(no_key=True).first()
        return product

    def save_model(self, request: HttpRequest, obj: Product, form: Any, change: bool) -> None:
        """Takes note of what changed, so that it is adopted, or asked about, where it is open."""
        obj.saved_by_id = request.user.pk
        if change:
            cells.write(obj, form.columns, Saver(request.user.pk))
            obj.version += 1
            obj.submission_id = None
        super().save_model(request, obj, form, change)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        formset.saver = Saver(request.user.pk)
        super().save_formset(request, form, formset, change)
        if isinstance(formset, ImageFormSet):
            tell_deleted(request, len(formset.deleted_objects))

    # --- Deleting ------------------------------------------------------------------------------

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Counts, as the pages tell them before they ask: not a line for each variant."""
        products = list(objs)
        models = (Product, ProductVariant, ProductImage)
        counts = [
            len(products),
            ProductVariant.objects.filter(product__in=products).count(),
            changes.live().filter(product__in=products).count(),
        ]
        summary = {m._meta.verbose_name_plural: n for m, n in zip(models, counts, strict=True)}
        return products, summary, set(), []

    def delete_model(self, request: HttpRequest, obj: Product) -> None:
        changes.delete_product(obj.pk)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Product]) -> None:
        for pk in queryset.order_by("pk").values_list("pk", flat=True):
            changes.delete_product(pk)


def variant_count(product: Product) -> int:
    """Asked for once for each product that was loaded."""
    known = vars(product)
    if "variant_count" not in known:
        known["variant_count"] = product.variants.count()
    return int(known["variant_count"])
