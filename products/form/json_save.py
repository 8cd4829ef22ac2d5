"""The one Save as the page sends it, in JSON. What is left out stays as it is.

{"version", "product": {field: value}, "seen": {field: value}, "alts": {id: {"alt", "seen"}},
 "variants": [rows as for the variants endpoint], "delete": [ids], "submission_id"}
"""

import re
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from products import bodies, cells
from products.cells import Saver, Values
from products.form import row
from products.form.forms import FIELDS, ProductForm, as_typed
from products.form.saves import Save
from products.models import Product
from products.variants import saving

# JSON can name what is no character; no database takes it.
SURROGATE = re.compile("[\ud800-\udfff]")
ID = re.compile(r"[0-9]{1,18}")


def save(product_id: int, body: dict[str, Any], sent: bytes, user_id: int | None) -> Product:
    """Returns the product as it is then; what was saved already is not saved again.

    `sent` are the bytes that `body` was read from. Raises Refused, BadRequest and
    Product.DoesNotExist, and then saves nothing.
    """
    wanted, seen = part(body, "product"), cells.read_seen(part(body, "seen"), FIELDS)
    alts, (rows, delete) = alts_of(body), saving.lists_of(body)
    version = body.get("version")
    if version is not None and not bodies.is_id(version):
        raise bodies.bad_json()
    with transaction.atomic():
        product = Product.objects.lock(product_id)
        saver, content = Saver(user_id, submission_of(body, product)), row.hash_of(sent)
        if row.is_saved_already(product, saver, content):
            return product
        one = Save(product, saver)
        good, errors = clean(product, wanted)
        one.fields(good, seen, version)
        one.wrong_fields(errors)
        one.alts(alts)
        one.variants(rows, delete)
        if wanted or alts or rows or delete:
            one.finish(content)
    return product


def part(body: dict[str, Any], name: str) -> dict[str, Any]:
    value = body.get(name, {})
    if not isinstance(value, dict):
        raise bodies.bad_json()
    return value


def alts_of(body: dict[str, Any]) -> dict[int, Values]:
    alts = part(body, "alts")
    for pk, each in alts.items():
        if (
            not ID.fullmatch(pk)
            or not isinstance(each, dict)
            or not isinstance(each.get("alt"), str)
        ):
            raise bodies.bad_json()
    return {int(pk): each for pk, each in alts.items()}


def submission_of(body: dict[str, Any], product: Product) -> str:
    """The id of the submission; empty where there is none, or another product has it."""
    submission = bodies.submission(body)
    earlier = row.of_submission(submission)
    return submission if earlier is None or earlier.pk == product.pk else ""


def clean(product: Product, wanted: Values) -> tuple[Values, dict[str, list[str]]]:
    """The good fields as the columns hold them, and what is wrong with the others."""
    if wanted.keys() - set(FIELDS):
        raise bodies.bad_json()
    errors: dict[str, list[str]] = {}
    for name, value in wanted.items():
        if not isinstance(value, str) or SURROGATE.search(value):
            errors[name] = [_("This must be text.")]
    typed = {name: value for name, value in wanted.items() if name not in errors}
    # Another instance: the form would put its values into the one to compare with.
    form = ProductForm({**as_typed(product), **typed}, instance=Product())
    for name in typed.keys() & form.errors.keys():
        errors[name] = [str(sentence) for sentence in form.errors[name]]
    return {name: form.cleaned_data[name] for name in typed if name not in errors}, errors
