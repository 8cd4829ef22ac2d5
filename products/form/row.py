"""The product's own row: compared, written, and bound to the submission that wrote it."""

import hashlib
from typing import Any
from uuid import UUID

from media_staging import clock
from products import cells
from products.cells import Conflict, Saver, Values
from products.form.forms import FIELDS
from products.models import Product

SAVED = ["version", "submission_id", "submission_hash", "saved_by", "changed", "updated_at"]


def hash_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def of_submission(submission_id: str) -> Product | None:
    """The product that this submission saved last, or the unsaved one that holds its photos."""
    if not submission_id:
        return None
    return Product.everything.filter(submission_id=submission_id).first()


def is_last(product: Product, saver: Saver) -> bool:
    """Whether nobody has saved the product since this very submission."""
    return str(product.submission_id) == saver.submission


def is_saved_already(product: Product, saver: Saver, content: str) -> bool:
    """A double click, an answer that was lost, back and send again."""
    return is_last(product, saver) and product.submission_hash == content


def merge(
    product: Product, wanted: Values, seen: Values, version: int | None, saver: Saver
) -> tuple[Values, dict[str, Conflict]]:
    """As `cells.merge`. What is not in `seen` was seen as it was in `version`, whatever that was,
    unless nobody else has saved since this submission was saved before.
    """
    if version not in {None, product.version} and not is_last(product, saver):
        seen = {**dict.fromkeys(FIELDS, cells.UNKNOWN), **seen}
    return cells.merge(product, wanted, seen, saver)


def write(product: Product, columns: Values, saver: Saver, content: str) -> None:
    cells.write(product, columns, saver)
    product.version += 1
    product.submission_id = UUID(saver.submission) if saver.submission else None
    product.submission_hash = content
    product.saved_by_id = saver.user_id
    product.save(update_fields=None if product._state.adding else [*columns, *SAVED])


def as_json(product: Product) -> dict[str, Any]:
    """The fields of the form as they are on the server, and who saved it last."""
    return {
        **{name: cells.as_wire(getattr(product, name)) for name in FIELDS},
        "updated_at": clock.as_utc(product.updated_at).isoformat(),
        # As the page shows it.
        "updated": cells.shown_time(product.updated_at),
        "saved_by": cells.name_of(product.saved_by) if product.saved_by else None,
    }
