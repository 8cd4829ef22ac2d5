"""The demo shop: ten products, their variants and photos.

Most photos come from one camera, some of them upright and stored on their side, a few with the
place where they were taken; one was sent as WebP and one is a PNG.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import product
from pathlib import Path

PHOTOS = Path(__file__).with_name("photos")

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
        [
            DemoPhoto("IMG_4182.JPG", "Moss green mug with a bare clay foot"),
            DemoPhoto("IMG_4183.JPG", "A rust and an ink blue mug side by side"),
            DemoPhoto("IMG_4185.JPG", "Rust mug full of coffee, from above"),
            DemoPhoto("IMG_4186.JPG", "Three mugs, one with coffee"),
        ],
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
        [
            DemoPhoto("IMG_4201.JPG", "Sage linen shirt on a hanger"),
            DemoPhoto("IMG_4202.JPG", "Collar and buttons close up"),
            DemoPhoto("IMG_4204.JPG", "The shirt in ink and in chalk"),
        ],
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
        [
            DemoPhoto("IMG_4210.JPG", "Forest green pendant lamp, lit"),
            DemoPhoto("IMG_4211.JPG", "The white enamel inside the shade"),
            DemoPhoto("IMG_4213.JPG", "Three lamps in a row"),
        ],
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
        [
            DemoPhoto("IMG_4220.JPG", "Petrol notebook with an ochre band"),
            DemoPhoto("IMG_4221.JPG", "Open at a dotted page"),
            DemoPhoto("IMG_4224.JPG", "Three notebooks on top of each other"),
        ],
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
        [
            DemoPhoto("IMG_4230.JPG", "The stacked rings"),
            DemoPhoto("IMG_4231.JPG", "Two rings beside the stack"),
            DemoPhoto("IMG_4232.JPG", "The stack from above"),
        ],
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
        [
            DemoPhoto("IMG_4240.JPG", "Aqua vase with eucalyptus"),
            DemoPhoto("IMG_4241.webp", "The large vase in smoke"),
            DemoPhoto("IMG_4243.JPG", "Both sizes together"),
        ],
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
        [
            DemoPhoto("IMG_4250.JPG", "Fig leaf hand soap"),
            DemoPhoto("IMG_4251.JPG", "The label close up"),
            DemoPhoto("IMG_4252.JPG", "All three scents"),
        ],
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
        [
            DemoPhoto("IMG_4260.JPG", "Rubber plant in a terracotta pot"),
            DemoPhoto("IMG_4261.JPG", "The leaves close up"),
            DemoPhoto("IMG_4262.JPG", "Both pots"),
        ],
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
        [
            DemoPhoto("IMG_4270.JPG", "Wine red scarf with stripes"),
            DemoPhoto("IMG_4271.JPG", "The stitches and the fringe"),
            DemoPhoto("IMG_4272.JPG", "The three colours"),
        ],
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
        [
            DemoPhoto("IMG_4280.png", "Blue canvas shoe from its side"),
            DemoPhoto("IMG_4281.JPG", "The pair"),
            DemoPhoto("IMG_4282.JPG", "Laces and toe cap close up"),
        ],
    ),
]
