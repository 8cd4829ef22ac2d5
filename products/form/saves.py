"""One Save: the fields of a product, alt texts and variants, all of it or nothing.

Every part is looked at, so that all that is wrong is told at once. Call everything here in one
transaction, with the product locked.
"""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from django.utils.translation import gettext as _

from products import cells
from products.bodies import alt_text
from products.cells import Conflict, Saver, Values
from products.errors import BadRequest, ProductsError
from products.form import row
from products.images import changes
from products.models import Product, ProductImage
from products.variants import saving


class Refused(ProductsError):
    """Nothing was saved. 409 when all that is wrong is what others did meanwhile, otherwise 422.

    By part ("product", "alts", "variants"); a conflict has a sentence in `errors` too.
    """

    CONFLICT = "conflict"

    def __init__(
        self, errors: dict[str, Any], conflicts: dict[str, Any], *, only_conflicts: bool
    ) -> None:
        self.errors, self.conflicts = errors, conflicts
        self.details = {"errors": errors, "conflicts": cells.as_json(conflicts)}
        if only_conflicts:
            message = _("The same was changed elsewhere meanwhile. Choose what is to be kept.")
            self.code, self.http_status = self.CONFLICT, HTTPStatus.CONFLICT
        else:
            message = _("Nothing was saved yet. Look at what is marked.")
            self.code, self.http_status = "invalid", HTTPStatus.UNPROCESSABLE_ENTITY
        super().__init__(message)


class Save:
    """Give it the parts, then `finish`. `variants` is the whole list once they were saved."""

    def __init__(self, product: Product, saver: Saver) -> None:
        self.product, self.saver = product, saver
        self.columns: Values = {}
        self.errors: dict[str, Any] = {}
        self.conflicts: dict[str, Any] = {}
        self.only_conflicts = True

    def fields(self, wanted: Values, seen: Values, version: int | None) -> None:
        self.columns, conflicts = row.merge(self.product, wanted, seen, version, self.saver)
        if conflicts:
            told = cells.tell({"": conflicts}, self.saver)[""]
            self.conflicts["product"] = told
            self.add_errors("product", {name: [each.sentence] for name, each in told.items()})

    def wrong_fields(self, errors: Mapping[str, list[str]]) -> None:
        if errors:
            self.only_conflicts = False
            self.add_errors("product", errors)

    def add_errors(self, part: str, errors: Mapping[str, Any]) -> None:
        self.errors[part] = {**self.errors.get(part, {}), **errors}

    def alts(self, alts: Mapping[int, Values]) -> None:
        """By image id: the `alt` that is wanted, and perhaps the one that was `seen`."""
        conflicts: dict[str, dict[str, Conflict]] = {}
        for pk, each in alts.items():
            seen = {"alt": each["seen"]} if "seen" in each else {}
            try:
                alt = alt_text(each["alt"])
                found = changes.describe(self.product.pk, pk, alt, self.saver, seen)
            except BadRequest as error:
                self.wrong_alt(pk, str(error.message))
            except ProductImage.DoesNotExist:
                self.wrong_alt(pk, _("This image does not exist any more."))
            else:
                if found:
                    conflicts[str(pk)] = found
        if conflicts:
            told = cells.tell(conflicts, self.saver)
            self.conflicts["alts"] = told
            self.add_errors("alts", {pk: {"alt": [t["alt"].sentence]} for pk, t in told.items()})

    def wrong_alt(self, pk: int, sentence: str) -> None:
        self.only_conflicts = False
        self.add_errors("alts", {str(pk): {"alt": [sentence]}})

    def variants(self, rows: Sequence[object], delete: Sequence[object]) -> None:
        if not rows and not delete:
            return
        try:
            saving.save(self.product.pk, rows, delete, self.saver)
        except saving.VariantErrors as error:
            self.only_conflicts &= error.is_conflict
            self.errors["variants"] = error.errors
            if error.conflicts:
                self.conflicts["variants"] = error.conflicts

    def finish(self, content: str) -> None:
        """Write the product's own row. Raises Refused, for the transaction to be rolled back."""
        if self.errors:
            raise Refused(self.errors, self.conflicts, only_conflicts=self.only_conflicts)
        row.write(self.product, self.columns, self.saver, content)
