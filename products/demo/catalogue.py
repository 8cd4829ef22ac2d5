"""The demo shop: ten products, their variants, and what their photos show (photos.py)."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import product

from products.demo import photos
from products.demo.shot import Shot

# Every SKU of the demo starts with this, and nothing else should.
SKU_PREFIX = "DEMO-"

Option = tuple[str, str]  # what is on the label, and its part of the SKU


@dataclass(frozen=True, slots=True)
class DemoVariant:
    sku: str
    name: str
    price: Decimal
    stock: int


@dataclass(frozen=True, slots=True)
class DemoProduct:
    name: str
    description: str
    price: Decimal
    status: str  # a value of Product.Status
    variants: Sequence[DemoVariant]
    shots: Sequence[Shot]


def variants(
    code: str, price: str, first: Sequence[Option], second: Sequence[Option], stock: Sequence[int]
) -> list[DemoVariant]:
    """Every pair of the options, in order. An option "Large +4.00" costs that much more."""
    found = []
    for (one, other), pieces in zip(product(first, second), stock, strict=True):
        labels, prices = zip(*(_priced(label) for label, _ in (one, other)), strict=True)
        sku = SKU_PREFIX + "-".join(part for part in (code, one[1], other[1]) if part)
        name = ", ".join(label for label in labels if label)
        found.append(DemoVariant(sku, name, Decimal(price) + sum(prices), pieces))
    return found


def _priced(label: str) -> tuple[str, Decimal]:
    name, _, extra = label.partition(" +")
    return name, Decimal(extra or 0)


ONE: Sequence[Option] = [("", "")]
SIZES = [("XS", "XS"), ("S", "S"), ("M", "M"), ("L", "L")]

CATALOGUE: Sequence[DemoProduct] = [
    DemoProduct(
        "Half-dipped stoneware mug",
        "Thrown by hand, dipped halfway into a speckled glaze and left bare at the foot, where "
        "the clay feels like fine sandpaper. Holds the warmth of a coffee for a long chapter. "
        "Dishwasher and microwave safe.",
        Decimal("24.00"),
        "active",
        variants(
            "MUG",
            "24.00",
            [("Moss", "MOS"), ("Rust", "RUS"), ("Ink", "INK"), ("Chalk", "CHA")],
            [("250 ml", "250"), ("350 ml +4.00", "350")],
            [18, 9, 22, 0, 14, 6, 31, 12],
        ),
        photos.MUG,
    ),
    DemoProduct(
        "Washed linen shirt",
        "European flax, washed until it is soft on the first day. A straight cut with one pocket "
        "and corozo buttons. Softer with every summer; iron it or, better, don't.",
        Decimal("89.00"),
        "active",
        variants(
            "SHIRT",
            "89.00",
            [("Sage", "SAG"), ("Chalk", "CHA"), ("Ink", "INK")],
            SIZES,
            [4, 11, 13, 7, 6, 15, 18, 9, 2, 8, 0, 5],
        ),
        photos.SHIRT,
    ),
    DemoProduct(
        "Enamel pendant lamp",
        "Pressed steel in two coats of enamel, white inside so that the light stays warm on the "
        "table. Comes with two metres of cord and an E27 socket.",
        Decimal("129.00"),
        "active",
        variants(
            "LAMP",
            "129.00",
            [("Forest", "FOR"), ("Ochre", "OCH"), ("Chalk", "CHA")],
            [("Ø 28 cm", "28"), ("Ø 40 cm +40.00", "40")],
            [7, 3, 5, 2, 9, 4],
        ),
        photos.LAMP,
    ),
    DemoProduct(
        "Clothbound notebook, A5",
        "192 pages of 100 g paper that takes a fountain pen without complaint, sewn so that it "
        "lies flat, in linen that ages well. With ribbon and elastic band.",
        Decimal("18.50"),
        "active",
        variants(
            "NOTE",
            "18.50",
            [("Petrol", "PET"), ("Ochre", "OCH"), ("Wine", "WIN")],
            [("dotted", "DOT"), ("ruled", "RUL"), ("plain", "PLA")],
            [40, 25, 12, 38, 21, 9, 17, 0, 6],
        ),
        photos.NOTEBOOK,
    ),
    DemoProduct(
        "Stacking rings",
        "Five pieces of beech to stack, roll and chew, turned from one board and coloured with "
        "water-based paint that is safe for toys. From 12 months.",
        Decimal("32.00"),
        "active",
        variants(
            "RINGS",
            "32.00",
            [("Meadow", "MEA"), ("Harbour", "HAR"), ("Natural", "NAT")],
            ONE,
            [26, 19, 8],
        ),
        photos.TOY,
    ),
    DemoProduct(
        "Blown glass vase",
        "Recycled glass, blown into an open mould: no two have the same line. A narrow neck "
        "holds one branch upright as well as a bunch.",
        Decimal("46.00"),
        "active",
        variants(
            "VASE",
            "46.00",
            [("Aqua", "AQU"), ("Smoke", "SMO")],
            [("22 cm", "22"), ("30 cm +18.00", "30")],
            [10, 4, 7, 1],
        ),
        photos.VASE,
    ),
    DemoProduct(
        "Hand soap in a refill bottle",
        "Olive oil soap with essential oils in a bottle of brown glass that is made to be filled "
        "again. 300 ml last a household about two months.",
        Decimal("14.00"),
        "active",
        variants(
            "SOAP",
            "14.00",
            [("Fig leaf", "FIG"), ("Cedar", "CED"), ("Salt & sage", "SAL")],
            [("bottle", "B"), ("refill 1 l +8.00", "R")],
            [54, 20, 48, 16, 33, 0],
        ),
        photos.SOAP,
    ),
    DemoProduct(
        "Rubber plant in terracotta",
        "Ficus elastica, about 60 cm with its pot. Likes a bright place out of the sun and water "
        "once a week, and forgives a holiday. Sent on Mondays only.",
        Decimal("38.00"),
        "draft",
        variants(
            "FICUS",
            "38.00",
            [("Terracotta", "TER"), ("Sand", "SAN")],
            [("60 cm", "60"), ("90 cm +21.00", "90")],
            [6, 2, 5, 0],
        ),
        photos.PLANT,
    ),
    DemoProduct(
        "Striped lambswool scarf",
        "Knitted in one piece from Scottish lambswool, with stripes at both ends and a fringe "
        "knotted by hand. 180 by 30 cm. Wash cold, dry flat.",
        Decimal("64.00"),
        "draft",
        variants(
            "SCARF",
            "64.00",
            [("Wine", "WIN"), ("Charcoal", "CHR"), ("Ochre", "OCH")],
            ONE,
            [15, 22, 11],
        ),
        photos.SCARF,
    ),
    DemoProduct(
        "Canvas shoe, low",
        "Organic cotton on natural rubber, with a stitched toe cap and laces that stay tied. Last "
        "year's model; what is left is left.",
        Decimal("72.00"),
        "archived",
        variants(
            "SHOE",
            "72.00",
            [("Blue", "BLU"), ("Rust", "RUS")],
            [("38", "38"), ("40", "40"), ("42", "42"), ("44", "44")],
            [0, 1, 2, 0, 1, 0, 0, 3],
        ),
        photos.SHOE,
    ),
]
