"""Saving the variants of a product: all of a request or nothing, without a query per row.

    lock the product · load its variants · plan · delete · park · upsert changes · insert the new

SKUs are unique in the whole shop. That nobody else has one is left to the unique index, so the
usual save does not ask; when the index objects, one query finds the rows to blame.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError, OperationalError, transaction
from django.db.models import CharField, F, Value
from django.db.models.functions import Cast, Concat
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from products import cells
from products.bodies import bad_json, is_id
from products.cells import Conflict, Saver
from products.errors import BadRequest
from products.limits import MOST_VARIANTS
from products.models import Product, ProductVariant
from products.typed import LARGEST
from products.variants import statements
from products.variants.rows import RowErrors, Values, clean, unknown

# Another request may win the same race again, but not for ever.
TRIES = 3
# No SKU from outside starts like this, since control characters are refused.
PARKED = "\x1f"
POSTGRESQL_DEADLOCK = "40P01"

# By row index and field.
Conflicts = dict[str, dict[str, Conflict]]


class VariantErrors(Exception):
    """Nothing was saved. `errors`: row index (or "delete") -> field (or id) -> sentences.

    `conflicts`: row index -> field -> what somebody else did; each has a sentence in `errors` too.
    `is_conflict`: nothing else is wrong.
    """

    def __init__(self, errors: RowErrors, conflicts: Conflicts, saver: Saver) -> None:
        self.is_conflict = not errors
        self.conflicts = cells.tell(conflicts, saver)
        for index, fields in self.conflicts.items():
            for name, told in fields.items():
                errors.add(index, name, told.sentence)
        self.errors = errors.as_json()
        super().__init__(self.errors)


@dataclass(frozen=True)
class Saved:
    """How many rows became what, and all variants of the product in order."""

    created: int
    updated: int
    deleted: int
    unchanged: int
    variants: list[ProductVariant]


@dataclass
class Plan:
    """What a request means for the variants that exist."""

    product_id: int
    rows: list[Values]
    delete: list[int]
    existing: dict[int, ProductVariant]
    saver: Saver
    errors: RowErrors
    conflicts: Conflicts = field(default_factory=dict)
    created: dict[int, ProductVariant] = field(default_factory=dict)
    updated: dict[int, ProductVariant] = field(default_factory=dict)
    unchanged: int = 0
    # The SKUs that rows of this request move away from.
    left_skus: dict[str, ProductVariant] = field(default_factory=dict)


def lists_of(body: Mapping[str, Any]) -> tuple[list[Any], list[Any]]:
    """The rows to save and the ids to delete that a JSON body names. Raises BadRequest."""
    rows, delete = body.get("variants", []), body.get("delete", [])
    if not isinstance(rows, list) or not isinstance(delete, list):
        raise bad_json()
    if len(rows) + len(delete) > MOST_VARIANTS:
        sentence = _("Save at most %(most)s variants at once.") % {"most": MOST_VARIANTS}
        raise BadRequest(sentence, code="too_many_rows")
    return rows, delete


def save(
    product_id: int,
    rows: Sequence[object],
    delete: Sequence[object],
    saver: Saver = cells.NOBODY,
) -> Saved:
    """Change rows with `id`, create rows without, delete by id; one transaction.

    A submission that is sent again finds what it did before, as long as rows keep their SKU: it
    changes what it created, and what it deleted is deleted. Raises VariantErrors with everything
    that is wrong, Product.DoesNotExist.
    """
    for attempt in range(1, TRIES + 1):
        try:
            with transaction.atomic():
                Product.objects.lock(product_id)
                return write(make_plan(product_id, rows, delete, saver))
        except (IntegrityError, OperationalError) as error:
            blame(error, product_id, rows, last=attempt == TRIES)
    raise AssertionError("the last try returns or raises")


# --- Planning ----------------------------------------------------------------------------------


def make_plan(
    product_id: int, rows: Sequence[object], delete: Sequence[object], saver: Saver
) -> Plan:
    """Compare a request with what exists, under the product's lock. Raises VariantErrors."""
    errors = RowErrors()
    cleaned = [clean(index, row, errors) for index, row in enumerate(rows)]
    variants = ProductVariant.objects.filter(product=product_id)
    plan = Plan(
        product_id=product_id,
        rows=cleaned,
        delete=check_deletes(delete, errors),
        existing={variant.pk: variant for variant in variants.order_by("position", "pk")},
        saver=saver,
        errors=errors,
    )
    if saver.submission:
        find_done(plan)
    check_ids(plan)
    apply_rows(plan)
    check_count(plan)
    check_skus(plan)
    if errors or plan.conflicts:
        find_taken(product_id, cleaned, errors)
        raise VariantErrors(errors, plan.conflicts, saver)
    return plan


def find_done(plan: Plan) -> None:
    """What this submission did when it was sent before, and its answer was lost on the way."""
    made = {v.sku: v.pk for v in plan.existing.values() if plan.saver.brought(v, "sku")}
    for values in plan.rows:
        if values.get("id") is None and values.get("sku") in made:
            values["id"] = made[values["sku"]]
    plan.delete = [pk for pk in plan.delete if pk in plan.existing]


def check_deletes(delete: Sequence[object], errors: RowErrors) -> list[int]:
    good = [value for value in delete if is_id(value)]
    if len(good) < len(delete):
        errors.add("delete", "id", _("Ids must be whole numbers."))
    return good


def check_ids(plan: Plan) -> None:
    """A foreign, unknown or deleted id, and one that is named twice, is an error of its row."""
    named = Counter(values["id"] for values in plan.rows if values.get("id") is not None)
    deleted = set(plan.delete)
    for index, values in enumerate(plan.rows):
        pk = values.get("id")
        if pk is None:
            continue
        if pk not in plan.existing:
            plan.errors.add(index, "id", unknown())
        elif named[pk] > 1:
            plan.errors.add(index, "id", _("This variant is named twice."))
        elif pk in deleted:
            plan.errors.add(index, "id", _("This variant is both changed and deleted."))
    for pk, times in Counter(plan.delete).items():
        if pk not in plan.existing:
            plan.errors.add("delete", str(pk), unknown())
        elif times > 1:
            plan.errors.add("delete", str(pk), _("This variant is named twice."))


def apply_rows(plan: Plan) -> None:
    """Sort the rows into created, updated and unchanged, by index; a wrong id is none of them."""
    following = next_positions(plan)
    for index, values in enumerate(plan.rows):
        if plan.errors.has(index, "id"):
            continue
        columns = {name: values[name] for name in statements.CHANGEABLE if name in values}
        if values.get("id") is None:
            columns.setdefault("position", min(next(following), LARGEST))
            plan.created[index] = create(plan, columns)
        else:
            seen = values.get("seen", {})
            change(plan, index, plan.existing[values["id"]], columns, seen)


def next_positions(plan: Plan) -> Iterator[int]:
    last = max((variant.position for variant in plan.existing.values()), default=-1)
    asked = max((values.get("position", -1) for values in plan.rows), default=-1)
    return iter(range(max(last, asked) + 1, LARGEST + MOST_VARIANTS))


def create(plan: Plan, columns: Values) -> ProductVariant:
    variant = ProductVariant(product_id=plan.product_id, **columns)
    cells.write(variant, {"sku": variant.sku}, plan.saver)
    return variant


def change(plan: Plan, index: int, variant: ProductVariant, wanted: Values, seen: Values) -> None:
    columns, conflicts = cells.merge(variant, wanted, seen, plan.saver)
    if conflicts:
        plan.conflicts[str(index)] = conflicts
    if not columns:
        plan.unchanged += 1
        return
    if "sku" in columns:
        plan.left_skus[variant.sku] = variant
    cells.write(variant, columns, plan.saver)
    plan.updated[index] = variant


def check_count(plan: Plan) -> None:
    """Those that were there before this rule may stay."""
    room = MOST_VARIANTS - len(plan.existing) + len(set(plan.delete))
    sentence = _("A product has at most %(most)s variants.")
    most = number_format(MOST_VARIANTS, force_grouping=True)
    for index in list(plan.created)[max(room, 0) :]:
        plan.errors.add(index, "sku", sentence % {"most": most})


# --- SKUs --------------------------------------------------------------------------------------


def check_skus(plan: Plan) -> None:
    """Among the variants of this product as they will be, each SKU occurs once."""
    moving = {variant.pk for variant in plan.left_skus.values()}
    gone = moving | set(plan.delete)
    resting = {variant.sku for pk, variant in plan.existing.items() if pk not in gone}
    moved = {index: variant for index, variant in plan.updated.items() if variant.pk in moving}
    arriving = {**plan.created, **moved}
    wanted = Counter(variant.sku for variant in arriving.values())
    for index, variant in arriving.items():
        if variant.sku in resting:
            plan.errors.add(index, "sku", taken())
        elif variant.sku and wanted[variant.sku] > 1:
            plan.errors.add(index, "sku", _("This SKU is named twice."))


def taken() -> str:
    return _("This SKU is already in use.")


def find_taken(product_id: int, rows: Sequence[Values], errors: RowErrors) -> None:
    """Blame the rows whose SKU belongs to another product; one query."""
    skus = {values["sku"] for values in rows if "sku" in values}
    others = ProductVariant.objects.exclude(product=product_id)
    found = set(others.filter(sku__in=skus).values_list("sku", flat=True)) if skus else set()
    for index, values in enumerate(rows):
        if values.get("sku") in found:
            errors.add(index, "sku", taken())


def blame(error: Exception, product_id: int, rows: Sequence[object], *, last: bool) -> None:
    """After the index objected: VariantErrors where a SKU is taken; else nothing, to try again."""
    if isinstance(error, OperationalError) and not is_deadlock(error):
        raise error
    errors = RowErrors()
    cleaned = [clean(index, row, errors) for index, row in enumerate(rows)]
    find_taken(product_id, cleaned, errors)
    if errors:
        raise VariantErrors(errors, {}, cells.NOBODY) from error
    if last:
        raise error


def is_deadlock(error: OperationalError) -> bool:
    """Two requests that took SKUs of each other in opposite order; the database undid this one."""
    return getattr(error.__cause__, "sqlstate", None) == POSTGRESQL_DEADLOCK


# --- Writing -----------------------------------------------------------------------------------


def write(plan: Plan) -> Saved:
    """At most four statements, whatever the number of rows."""
    if plan.delete:
        ProductVariant.objects.filter(product=plan.product_id, pk__in=plan.delete).delete()
    park(plan)
    statements.update(list(plan.updated.values()))
    created = list(plan.created.values())
    statements.insert(created)
    deleted = set(plan.delete)
    kept = [variant for pk, variant in plan.existing.items() if pk not in deleted]
    return Saved(
        created=len(created),
        updated=len(plan.updated),
        deleted=len(deleted),
        unchanged=plan.unchanged,
        variants=sorted([*kept, *created], key=lambda variant: (variant.position, variant.pk)),
    )


def park(plan: Plan) -> None:
    """Move SKUs out of the way that another row is about to take, so that two can be swapped."""
    arriving = {variant.sku for variant in plan.updated.values()}
    blocking = [variant.pk for sku, variant in plan.left_skus.items() if sku in arriving]
    if blocking:
        own = Concat(Value(PARKED), Cast(F("pk"), CharField()))
        ProductVariant.objects.filter(pk__in=blocking).update(sku=own)
