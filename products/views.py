"""The pages. Templates get plain context:

products/list.html   page_obj (its items are `queries.ListedProduct`), q, status, statuses,
                     query_string, can_add
products/form.html   form, product (None on the new page), images and deleted_images (`Tile`),
                     summary, images_state and variants_state (JSON shapes for `json_script`),
                     kept_files, variant_rows (`edits.VariantRow`), variant_errors, can_change,
                     can_delete, delete_counts, undo_seconds, max_upload_bytes, max_files
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from media_staging.models import StagedFile
from products import edits, images, queries
from products.access import MAX_FILES_PER_UPLOAD, may, page
from products.forms import ProductForm
from products.gallery import Gallery, restore_until
from products.models import Product, ProductImage
from products.serializers import gallery_json, variant_json
from products.submissions import Submission

ADD, VIEW = "products.add_product", "products.view_product"
CHANGE, DELETE = "products.change_product", "products.delete_product"
PER_PAGE = 25


# --- List --------------------------------------------------------------------------------------


@page(GET=VIEW)
def product_list(request: HttpRequest) -> HttpResponse:
    q = queries.clean_search(request.GET.get("q", ""))
    status = request.GET.get("status", "")
    if status not in Product.Status.values:
        status = ""
    products = Paginator(queries.matching(q, status), PER_PAGE)
    page_obj: Any = products.get_page(request.GET.get("page"))
    page_obj.object_list = queries.listed(page_obj.object_list)
    context = {
        "page_obj": page_obj,
        "q": q,
        "status": status,
        "statuses": Product.Status.choices,
        "query_string": urlencode({k: v for k, v in (("q", q), ("status", status)) if v}),
        "can_add": may(request, ADD),
    }
    return render(request, "products/list.html", context)


# --- Form --------------------------------------------------------------------------------------


@page(GET=ADD, POST=ADD)
def product_new(request: HttpRequest) -> HttpResponse:
    return answer(request, None)


@page(GET=VIEW, POST=CHANGE)
def product_detail(request: HttpRequest, pk: int) -> HttpResponse:
    return answer(request, get_object_or_404(Product, pk=pk))


def answer(request: HttpRequest, product: Product | None) -> HttpResponse:
    """The form; after a good POST, a redirect to the product."""
    if request.method != "POST":
        rows = edits.shown_rows(product.variants.all()) if product else []
        return render_form(request, ProductForm(instance=product), product, variant_rows=rows)
    submission = Submission(request, product)
    try:
        submission.process()
    except Product.DoesNotExist as error:
        raise Http404 from error
    if submission.saved:
        return redirect(submission.saved)
    return render_form(
        request,
        submission.form,
        product,
        status=submission.status,
        kept_files=submission.kept_files,
        variant_errors=bool(submission.variant_errors),
        variant_rows=refused_rows(submission, product),
    )


def refused_rows(submission: Submission, product: Product | None) -> list[edits.VariantRow]:
    """The variants as typed; as they are when none were posted."""
    if product and not submission.variants:
        return edits.shown_rows(product.variants.all())
    return edits.typed_rows(submission.variants, submission.variant_errors) if product else []


def render_form(
    request: HttpRequest,
    form: ProductForm,
    product: Product | None,
    *,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    context: dict[str, Any] = {
        "form": form,
        "product": product,
        "images": [],
        "deleted_images": [],
        "kept_files": [],
        "images_state": None,
        "variants_state": None,
        "can_change": may(request, CHANGE if product else ADD),
        "can_delete": bool(product) and may(request, DELETE),
        "undo_seconds": int(settings.UNDO_SECONDS),
        "max_upload_bytes": settings.MAX_UPLOAD_BYTES,
        "max_files": MAX_FILES_PER_UPLOAD,
    }
    if product:
        context |= product_context(product)
    return render(request, "products/form.html", {**context, **more}, status=status)


@dataclass(frozen=True)
class Tile:
    """An image as the page shows it.

    `same_as` is the name of an earlier image with the same bytes, `restore_until` a deleted one's.
    """

    pk: int
    alt: str
    file: StagedFile
    same_as: str
    restore_until: datetime | None


def tile(gallery: Gallery, image: ProductImage) -> Tile:
    original = gallery.originals.get(image.pk)
    return Tile(
        pk=image.pk,
        alt=image.alt,
        file=image.file,
        same_as=original.file.name if original else "",
        restore_until=restore_until(image) if image.deleted_at else None,
    )


def product_context(product: Product) -> dict[str, Any]:
    gallery = Gallery.of(product.pk)
    variants = [variant_json(variant) for variant in product.variants.all()]
    return {
        "images": [tile(gallery, image) for image in gallery.live],
        "deleted_images": [tile(gallery, image) for image in gallery.restorable],
        "summary": gallery.summary,
        "images_state": gallery_json(gallery),
        "variants_state": variants,
        "delete_counts": {"images": len(gallery.live), "variants": len(variants)},
    }


# --- Delete ------------------------------------------------------------------------------------


@page(POST=DELETE)
def product_delete(request: HttpRequest, pk: int) -> HttpResponse:
    try:
        images.delete_product(pk)
    except Product.DoesNotExist as error:
        raise Http404 from error
    messages.success(request, _("Product deleted."))
    return redirect("products:list")
