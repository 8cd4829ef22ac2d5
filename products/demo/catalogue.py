"""The demo shop: ten products, their variants and photos, as `catalogue.json` lists them.

Most photos come from one camera, some of them upright and stored on their side, a few with the
place where they were taken; one was sent as WebP and one is a PNG.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

PHOTOS = Path(__file__).with_name("photos")

# Every SKU of the demo starts with this, and nothing else should.
SKU_PREFIX = "DEMO-"


@dataclass(frozen=True, slots=True)
class DemoVariant:
    sku: str
    name: str
    price: Decimal
    stock: int


@dataclass(frozen=True, slots=True)
class DemoPhoto:
    name: str  # the file's, as the camera gave it
    alt: str

    @property
    def path(self) -> Path:
        return PHOTOS / self.name


@dataclass(frozen=True, slots=True)
class DemoProduct:
    name: str
    description: str
    price: Decimal
    status: str  # a value of Product.Status
    variants: Sequence[DemoVariant]
    photos: Sequence[DemoPhoto]


def listed(product: dict[str, Any]) -> DemoProduct:
    variants = [DemoVariant(**priced(each)) for each in product["variants"]]
    photos = [DemoPhoto(**each) for each in product["photos"]]
    return DemoProduct(**{**priced(product), "variants": variants, "photos": photos})


def priced(fields: dict[str, Any]) -> dict[str, Any]:
    """With an exact price, which a number in JSON would not be."""
    return {**fields, "price": Decimal(fields["price"])}


CATALOGUE = [
    listed(product)
    for product in json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))
]
