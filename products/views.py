"""The pages. Templates get plain context:

products/list.html   page_obj (its items are `queries.ListedProduct`), q, status, statuses,
                     query_string, can_add
products/form.html   form, product (None on the new page), images and deleted_images (`Tile`), tiles
                     (the HTML of the images), summary, kept_files, variant_rows (HTML),
                     empty_rows (`VariantRow`), variant_errors, conflict (`Difference`: what both
                     changed), can_change, can_delete, delete_counts, undo_seconds,
                     max_upload_bytes, max_files
"""

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from products import json_api, queries
from products.access import may, page
from products.form import edits
from products.form.edits import Posted
from products.form.forms import ProductForm
from products.form.submissions import Submission
from products.images import changes, tiles
from products.images.gallery import Gallery
from products.images.tiles import Tile
from products.models import Product
from products.variants import table
from products.variants.table import VariantRow

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


@csrf_exempt
def product_detail(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Both check the security token themselves, and refuse in their own way."""
    if request.method == "POST" and request.content_type == "application/json":
        return json_api.product_save(request, pk)
    return product_page(request, pk)


@page(GET=VIEW, POST=CHANGE)
def product_page(request: HttpRequest, pk: int) -> HttpResponse:
    return answer(request, get_object_or_404(Product.objects.select_related("saved_by"), pk=pk))


def answer(request: HttpRequest, product: Product | None) -> HttpResponse:
    """The form; after a good POST, a redirect to the product (for a script, its address)."""
    if request.method != "POST":
        return render_form(request, ProductForm(instance=product), product)
    submission = Submission(request, product)
    try:
        submission.process()
    except Product.DoesNotExist as error:
        raise Http404 from error
    if submission.saved:
        return saved_answer(request, submission.saved)
    return render_form(
        request,
        submission.form,
        product,
        rows=submission.variants.as_typed() or None,
        typed_images=submission.images,
        status=submission.status,
        kept_files=submission.kept_files,
        conflict=submission.differences,
        variant_errors=bool(submission.variants.errors),
    )


def saved_answer(request: HttpRequest, product: Product) -> HttpResponse:
    """A script that followed the redirect would use up the message for the person."""
    if request.get_preferred_type(["text/html", "application/json"]) == "application/json":
        return JsonResponse({"location": product.get_absolute_url()})
    return redirect(product)


def render_form(
    request: HttpRequest,
    form: ProductForm,
    product: Product | None,
    *,
    rows: list[VariantRow] | None = None,
    typed_images: Posted | None = None,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    """`rows`, `typed_images`: the variants and images as typed, when some were posted."""
    can_change = may(request, CHANGE if product else ADD)
    if not can_change:
        form.lock()
    context: dict[str, Any] = {
        "form": form,
        "product": product,
        "images": [],
        "deleted_images": [],
        "kept_files": [],
        "can_change": can_change,
        "can_delete": bool(product) and may(request, DELETE),
        "undo_seconds": int(settings.UNDO_SECONDS),
        "max_upload_bytes": settings.MAX_UPLOAD_BYTES,
        "max_files": settings.DATA_UPLOAD_MAX_NUMBER_FILES,
    }
    if product:
        # The form has put what was typed into the product.
        context["saved_status"] = Product.Status(form.initial["status"])
        context |= product_context(product, rows, typed_images or {}, can_change=can_change)
    return render(request, "products/form.html", {**context, **more}, status=status)


def product_context(
    product: Product, typed: list[VariantRow] | None, images: Posted, *, can_change: bool
) -> dict[str, Any]:
    gallery = Gallery.of(product.pk)
    shown = [Tile.of(gallery, image, images.get(image.pk)) for image in gallery.live]
    rows = table.shown(product.variants.all()) if typed is None else typed
    return {
        "images": shown,
        "tiles": tiles.as_html(shown, can_change=can_change),
        "deleted_images": [
            Tile.of(gallery, image, images.get(image.pk)) for image in gallery.restorable
        ],
        "summary": gallery.summary,
        "variant_rows": table.as_html(rows, can_change=can_change),
        "empty_rows": edits.empty_rows(rows),
        "delete_counts": {
            "images": len(shown),
            "variants": len(rows) if typed is None else product.variants.count(),
        },
    }


# --- Delete ------------------------------------------------------------------------------------


@page(POST=DELETE)
def product_delete(request: HttpRequest, pk: int) -> HttpResponse:
    try:
        changes.delete_product(pk)
    except Product.DoesNotExist as error:
        raise Http404 from error
    messages.success(request, _("Product deleted."))
    return redirect("products:list")
