"""The JSON endpoints: read the request, call one function, answer."""

from typing import Any
from uuid import uuid4

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _

from media_staging.errors import MediaStagingError, RequestTooLarge, UploadRefused
from media_staging.intake import receiving
from media_staging.uploads import answers
from products import bodies, cells
from products.access import json_endpoint, json_error
from products.cells import Saver
from products.errors import BadOrder, BadRequest, ProductsError
from products.form import json_save, row
from products.form.saves import Refused
from products.images import changes, etags, unsaved
from products.images.gallery import Gallery
from products.images.serializers import addresses_json, gallery_json, images_json, undo_json
from products.images.unsaved import for_list, for_photos, of_image, of_product
from products.models import ProductImage
from products.variants import saving
from products.variants.rows import variant_json

VIEW, CHANGE = "products.view_product", "products.change_product"
ADD = "products.add_product"
IMAGE_FOLDER = "products"


@json_endpoint(POST=ADD)
def unsaved_product(request: HttpRequest) -> JsonResponse:
    """Where the photos of a form for a new product go: asked for when there is the first one."""
    submission_id = bodies.uuid(bodies.json_object(request).get("submission_id"))
    return JsonResponse(addresses_json(unsaved.make(request.user.pk or 0, submission_id)))


# --- Images of a product -----------------------------------------------------------------------


@json_endpoint(GET=for_list, POST=for_photos)
def product_images(request: HttpRequest, pk: int) -> HttpResponse:
    if request.method == "POST":
        return upload(request, pk)
    answer = deleted_images if request.GET.get("deleted") == "1" else image_list
    return answer(request, pk)


def image_list(request: HttpRequest, pk: int) -> HttpResponse:
    # Taken before the answer is made: a change in between costs one poll more, and hides nothing.
    etag = etags.of_live_images(pk, request.user.pk)
    unchanged = get_conditional_response(request, etag=etag)
    return cacheable(unchanged or JsonResponse(gallery_json(Gallery.of(pk))), etag)


def deleted_images(request: HttpRequest, pk: int) -> HttpResponse:
    of_product(VIEW)(request, pk)
    response = JsonResponse(gallery_json(Gallery.of(pk), deleted=True))
    etag = etags.of_content(response.content)
    return cacheable(
        get_conditional_response(request, etag=etag, response=response) or response, etag
    )


def cacheable(response: HttpResponse, etag: str) -> HttpResponse:
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def upload(request: HttpRequest, pk: int) -> JsonResponse:
    place = bodies.place(request)
    received, refused = receiving.receive_all(
        bodies.uploads(request, "images"), folder=IMAGE_FOLDER, images_only=True
    )
    added = changes.add(pk, received, place=place) if received else []
    gallery = Gallery.of(pk)
    body = {
        "images": images_json(gallery, [gallery.get(image.pk) for image in added]),
        "errors": [answers.refusal(error) for error in refused],
        "summary": gallery.summary,
    }
    return JsonResponse(body, status=201) if added else json_error(nothing_taken(refused), **body)


def nothing_taken(refused: list[UploadRefused]) -> ProductsError | MediaStagingError:
    """The error of an upload of which nothing was taken: 413 when size was the only reason."""
    if all(error.http_status == RequestTooLarge.http_status for error in refused):
        return RequestTooLarge()
    if len(refused) == 1:
        return BadRequest(refused[0].message, code=refused[0].code)
    return BadRequest(_("None of the files could be taken."), code="nothing_accepted")


@json_endpoint(POST=of_product(CHANGE))
def reorder_images(request: HttpRequest, pk: int) -> JsonResponse:
    order = bodies.json_object(request).get("order")
    if not isinstance(order, list) or not all(map(bodies.is_id, order)):
        raise BadOrder
    changes.reorder(pk, order)
    return JsonResponse({"success": True, "order": order})


# --- One image ---------------------------------------------------------------------------------


def one_image(pk: int) -> JsonResponse:
    image = changes.live().only("product").get(pk=pk)
    gallery = Gallery.of(image.product_id)
    return JsonResponse({"image": images_json(gallery, [gallery.get(pk)])[0]})


@json_endpoint(PATCH=of_image(CHANGE))
def image_detail(request: HttpRequest, pk: int) -> JsonResponse:
    product_id, body = changes.product_of(pk), bodies.json_object(request)
    if not isinstance(body.get("alt"), str):
        raise bodies.bad_json()
    seen = {"alt": body["seen"]} if "seen" in body else {}
    alt, saver = bodies.alt_text(body["alt"]), Saver(request.user.pk, bodies.submission(body))
    conflicts = changes.describe(product_id, pk, alt, saver, seen)
    if conflicts:
        told = cells.tell({str(pk): conflicts}, saver)
        sentences = {str(pk): {"alt": [told[str(pk)]["alt"].sentence]}}
        raise Refused({"alts": sentences}, {"alts": told}, only_conflicts=True)
    return one_image(pk)


@json_endpoint(DELETE=of_image(CHANGE), POST=of_image(CHANGE))
def image_delete(request: HttpRequest, pk: int) -> JsonResponse:
    changes.delete(pk)
    image = ProductImage.objects.get(pk=pk)
    summary = Gallery.of(image.product_id).summary
    return JsonResponse({"success": True, **undo_json(image), "summary": summary})


@json_endpoint(POST=of_image(CHANGE))
def image_restore(request: HttpRequest, pk: int) -> JsonResponse:
    changes.restore(pk)
    return one_image(pk)


@json_endpoint(POST=of_image(CHANGE))
def image_retry(request: HttpRequest, pk: int) -> JsonResponse:
    changes.retry(pk)
    return one_image(pk)


@json_endpoint(POST=of_image(CHANGE))
def image_replace(request: HttpRequest, pk: int) -> JsonResponse:
    changes.product_of(pk)
    files = bodies.uploads(request, "image")
    if len(files) > 1:
        raise BadRequest(_("Send exactly one picture."), code="too_many_files")
    received, refused = receiving.receive_all(files, folder=IMAGE_FOLDER, images_only=True)
    if refused:
        raise refused[0]
    changes.replace(pk, received[0])
    return one_image(pk)


# --- The product -------------------------------------------------------------------------------


@json_endpoint(POST=CHANGE)
def product_save(request: HttpRequest, pk: int) -> JsonResponse:
    product = json_save.save(pk, bodies.json_object(request), request.body, request.user.pk)
    gallery = Gallery.of(pk)
    return JsonResponse(
        {
            "location": product.get_absolute_url(),
            "version": product.version,
            "product": row.as_json(product),
            "images": images_json(gallery, gallery.live),
            "variants": [variant_json(each) for each in product.variants.all()],
            # For the next submission.
            "submission_id": uuid4(),
        }
    )


# --- Variants ----------------------------------------------------------------------------------


@json_endpoint(POST=CHANGE)
def product_variants(request: HttpRequest, pk: int) -> JsonResponse:
    body = bodies.json_object(request)
    if not body.keys() & {"variants", "delete"}:
        raise bodies.bad_json()
    try:
        saved = saving.save(pk, *saving.lists_of(body), Saver(request.user.pk))
    except saving.VariantErrors as error:
        return JsonResponse(refusal(error), status=422)
    counts = {name: getattr(saved, name) for name in ("created", "updated", "deleted", "unchanged")}
    return JsonResponse({**counts, "variants": [variant_json(each) for each in saved.variants]})


def refusal(error: saving.VariantErrors) -> dict[str, Any]:
    conflicts = cells.as_json(error.conflicts)
    return {"errors": error.errors, **({"conflicts": conflicts} if conflicts else {})}
