"""What the list page shows, with a fixed number of queries whatever its length."""

import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce
from django.utils.functional import Promise

from media_staging.models import StagedFile
from products.images import changes
from products.models import Product, ProductVariant

SEARCH_LENGTH = 100
LETTERS_I = "iIıİ"


@dataclass(frozen=True)
class ListedProduct:
    """A product as the list page shows it: with its counts and its cover."""

    pk: int
    name: str
    price: Decimal
    status: str
    updated_at: datetime
    variant_count: int
    total_stock: int
    image_count: int
    pending_count: int
    failed_count: int
    cover: StagedFile | None
    cover_alt: str

    @property
    def get_status_display(self) -> str | Promise:
        return Product.Status(self.status).label

    @property
    def cover_url(self) -> str:
        return self.cover.thumbnail_url if self.cover else ""

    @property
    def sync_state(self) -> str:
        """The worst that can be said of its images; empty when there is none."""
        if self.failed_count:
            return "failed"
        if self.pending_count:
            return "pending"
        return "synced" if self.image_count else ""


def clean_search(text: str) -> str:
    """What a person searches for; no database takes a NUL or a pattern without end."""
    return text.replace("\0", "").strip()[:SEARCH_LENGTH]


def in_any_case(search: str) -> Q:
    """A name with that text in it, capitals or not, as Turkish has them: four letters i, of which
    no rule that fits all languages says which belong together, and letters beyond ASCII, whose
    case SQLite does not know.
    """
    if search.isascii() and "i" not in search.lower():
        return Q(name__icontains=search)
    return Q(name__regex="".join(map(either_case, search)))


def either_case(letter: str) -> str:
    """A pattern for one letter in both cases; anything else stands for itself."""
    if letter in LETTERS_I:
        return f"[{LETTERS_I}]"
    cases = {case for case in (letter, letter.lower(), letter.upper()) if len(case) == 1}
    return f"[{''.join(sorted(cases))}]" if len(cases) > 1 else re.escape(letter)


def matching(search: str, status: str) -> QuerySet[Product]:
    """The products with that text in their name or a SKU, newest first. `status` "": all."""
    products = Product.objects.order_by("-pk")
    if search:
        variants = ProductVariant.objects.filter(product=OuterRef("pk"), sku__icontains=search)
        products = products.filter(in_any_case(search) | Exists(variants))
    return products.filter(status=status) if status else products


def listed(products: QuerySet[Product]) -> list[ListedProduct]:
    """Two queries, whatever the number of products."""
    cover = changes.live().filter(product=OuterRef("pk")).order_by("position", "pk")
    rows = products.annotate(
        variant_count=per_product(variants_of(), Count("pk")),
        total_stock=per_product(variants_of(), Sum("stock")),
        image_count=per_product(images_of(), Count("pk")),
        pending_count=per_product(images_of(status__in=StagedFile.PENDING), Count("pk")),
        failed_count=per_product(images_of(status=StagedFile.Status.FAILED), Count("pk")),
        cover=Subquery(cover.values("file_id")[:1]),
        cover_alt=Coalesce(Subquery(cover.values("alt")[:1]), Value("")),
    ).values(*ListedProduct.__dataclass_fields__)
    found = list(rows)
    covers = [row["cover"] for row in found if row["cover"]]
    files = StagedFile.objects.select_related("thumbnail").in_bulk(covers)
    return [ListedProduct(**{**row, "cover": files.get(row["cover"])}) for row in found]


def variants_of() -> QuerySet[Any]:
    return ProductVariant.objects.filter(product=OuterRef("pk"))


def images_of(**file: Any) -> QuerySet[Any]:
    """The live images of the product around it, by what is true of their file."""
    conditions = {f"file__{name}": value for name, value in file.items()}
    return changes.live().filter(product=OuterRef("pk"), **conditions)


def per_product(rows: QuerySet[Any], aggregate: Count | Sum) -> Coalesce:
    grouped = rows.order_by().values("product").annotate(result=aggregate).values("result")
    return Coalesce(Subquery(grouped), Value(0))
