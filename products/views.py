"""The pages. Templates get plain context:

products/list.html   page_obj (its items are `queries.ListedProduct`), q, status, statuses,
                     query_string, can_add
products/form.html   form, product (None on the new page), pictured (the product, or the unsaved
                     one that holds the photos), newest_unsaved (to go on with), images and
                     deleted_images (`Tile`), tiles (the HTML of the images), summary,
                     kept_files, variant_rows (HTML), empty_rows (`VariantRow`), variant_errors,
                     in_form (whether the plain form holds the rows), most_variants (in
                     words), most_rows, is_full,
                     conflict (`Difference`: what both changed), can_change, can_delete,
                     variant_count, undo_seconds, max_upload_bytes, max_files
"""

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.views.csrf import csrf_failure
from django.views.decorators.csrf import csrf_exempt

from products import json_api, queries
from products.access import may, page
from products.form import edits
from products.form.edits import Posted
from products.form.forms import ProductForm, seen_of
from products.form.submissions import Submission
from products.images import changes, tiles, unsaved
from products.images.gallery import Gallery
from products.images.serializers import addresses_json
from products.images.tiles import Tile
from products.limits import MOST_VARIANTS
from products.models import Product
from products.variants import table
from products.variants.table import VariantRow

ADD, VIEW = "products.add_product", "products.view_product"
CHANGE, DELETE = "products.change_product", "products.delete_product"
PER_PAGE = 25
# What is sent to them is typed by a person.
FORMS = ("products:create", "products:detail")


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


@page(GET=ADD)
def product_unsaved(request: HttpRequest, pk: int) -> HttpResponse:
    """The form of a new product that has photos already; it is sent to `product_new`."""
    product = get_object_or_404(Product.everything, pk=pk)
    if product.unsaved_at is None:
        return redirect(product)
    if product.saved_by_id != request.user.pk:
        raise Http404
    initial = {"submission_id": product.submission_id, "unsaved": product.pk}
    return render_form(request, ProductForm(initial=initial), None, unsaved_product=product)


@csrf_exempt
def product_detail(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Both check the security token themselves, and refuse in their own way."""
    if request.method == "POST" and request.content_type == "application/json":
        return json_api.product_save(request, pk)
    return product_page(request, pk)


@page(GET=VIEW, POST=CHANGE)
def product_page(request: HttpRequest, pk: int) -> HttpResponse:
    product = get_object_or_404(Product.everything.select_related("saved_by"), pk=pk)
    if product.unsaved_at is None:
        return answer(request, product)
    if product.saved_by_id != request.user.pk or request.method == "POST":
        raise Http404
    return redirect("products:unsaved", pk)


def answer(request: HttpRequest, product: Product | None) -> HttpResponse:
    """The form; after a good POST, a redirect to the product (for a script, its address)."""
    if request.method != "POST":
        newest = None if product else unsaved.newest(request.user.pk or 0)
        form = ProductForm(instance=product)
        return render_form(request, form, product, newest_unsaved=newest)
    submission = Submission(request, product)
    try:
        submission.process()
    except Product.DoesNotExist as error:
        raise Http404 from error
    if submission.saved:
        return saved_answer(request, submission.saved)
    return as_typed(request, submission)


def unproven(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The project's `CSRF_FAILURE_VIEW`. After a sign-in in another tab the form of an old one
    carries another token: it comes back as it was typed, with a new one, and nothing is saved.
    """
    match = request.resolver_match
    if match is None or match.view_name not in FORMS:
        return csrf_failure(request, reason)
    pk = match.kwargs.get("pk")
    product = get_object_or_404(Product.objects.select_related("saved_by"), pk=pk) if pk else None
    submission = Submission(request, product)
    submission.show_unproven()
    return as_typed(request, submission)


def as_typed(request: HttpRequest, submission: Submission) -> HttpResponse:
    """The form that was refused."""
    return render_form(
        request,
        submission.form,
        submission.product,
        unsaved_product=submission.unsaved,
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
        body = {"version": product.version, "seen": seen_of(product), **addresses_json(product)}
        return JsonResponse({"location": product.get_absolute_url(), **body})
    return redirect(product)


def render_form(
    request: HttpRequest,
    form: ProductForm,
    product: Product | None,
    *,
    unsaved_product: Product | None = None,
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
        "pictured": product or unsaved_product,
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
        context |= variants_context(product, rows, can_change=can_change)
    if pictured := context["pictured"]:
        context |= images_context(pictured, typed_images or {}, can_change=can_change)
    return render(request, "products/form.html", {**context, **more}, status=status)


def images_context(product: Product, typed: Posted, *, can_change: bool) -> dict[str, Any]:
    gallery = Gallery.of(product.pk)
    shown = [Tile.of(gallery, image, typed.get(image.pk)) for image in gallery.live]
    return {
        "images": shown,
        "tiles": tiles.as_html(shown, can_change=can_change),
        "deleted_images": [
            Tile.of(gallery, image, typed.get(image.pk)) for image in gallery.restorable
        ],
        "summary": gallery.summary,
    }


def variants_context(
    product: Product, typed: list[VariantRow] | None, *, can_change: bool
) -> dict[str, Any]:
    rows = table.shown(product.variants.all()) if typed is None else typed
    in_form = len(rows) <= MOST_VARIANTS
    return {
        "variant_rows": table.as_html(rows, can_change=can_change, in_form=in_form),
        "in_form": in_form,
        "most_variants": number_format(MOST_VARIANTS, force_grouping=True),
        "most_rows": MOST_VARIANTS,
        "is_full": len(rows) >= MOST_VARIANTS,
        "empty_rows": edits.empty_rows(rows),
        "variant_count": len(rows) if typed is None else product.variants.count(),
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
