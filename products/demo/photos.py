"""The photos of the demo catalogue, product by product.

Most come from one camera, some upright and stored on their side, a few with the place where they
were taken; one was sent as WebP and one is a PNG from the catalogue.
"""

from datetime import UTC, datetime, timedelta

from products.demo.light import Colour
from products.demo.shot import Shot

LANDSCAPE, PORTRAIT, WIDE = (3264, 2448), (2448, 3264), (3456, 2304)
WORKSHOP = (41.02561, 28.97442)
FIRST_PHOTO, FIRST_TAKEN = 4182, datetime(2025, 9, 12, 9, 40, tzinfo=UTC)

SAND: Colour = (236, 226, 210)
STONE: Colour = (224, 222, 218)
SAGE: Colour = (208, 216, 202)
SKY: Colour = (206, 218, 226)
BLUSH: Colour = (238, 216, 206)
OAT: Colour = (230, 218, 196)

MOSS: Colour = (98, 124, 104)
RUST: Colour = (198, 106, 74)
INK: Colour = (56, 72, 104)
CHALK: Colour = (234, 230, 220)
LEAF: Colour = (154, 170, 148)
FOREST: Colour = (40, 84, 74)
OCHRE: Colour = (220, 164, 76)
PETROL: Colour = (50, 84, 94)
WINE: Colour = (152, 58, 62)
CHARCOAL: Colour = (84, 86, 94)
AQUA: Colour = (146, 196, 190)
SMOKE: Colour = (146, 140, 142)
BROWN_GLASS: Colour = (122, 66, 26)
TERRACOTTA: Colour = (202, 118, 82)
DENIM: Colour = (66, 96, 138)
PAPERS: tuple[Colour, ...] = ((242, 236, 224), (226, 232, 222), (238, 224, 214))
MEADOW: tuple[Colour, ...] = (
    *((66, 104, 128), (224, 170, 80), (206, 110, 84)),
    *((122, 150, 120), (236, 220, 196)),
)
WINE_STRIPES: tuple[Colour, ...] = (WINE, (236, 222, 200), (60, 66, 88))
GREY_STRIPES: tuple[Colour, ...] = (CHARCOAL, OCHRE, (226, 220, 210))
OCHRE_STRIPES: tuple[Colour, ...] = (OCHRE, (246, 236, 214), WINE)


def shot(
    number: int,
    alt: str,
    scene: tuple[str, int],
    colours: tuple[Colour, ...],
    paper: Colour,
    size: tuple[int, int] = LANDSCAPE,
    *,
    orientation: int = 1,
    ending: str = "JPG",
    place: tuple[float, float] | None = None,
    window: bool = False,
) -> Shot:
    """`number` is the camera's; photos follow each other every seven minutes."""
    return Shot(
        name=f"IMG_{number}.{ending}",
        alt=alt,
        scene=scene[0],
        view=scene[1],
        colours=colours,
        paper=paper,
        taken=FIRST_TAKEN + timedelta(minutes=7) * (number - FIRST_PHOTO),
        size=size,
        orientation=orientation,
        place=place,
        window=window,
    )


MUG = [
    shot(4182, "Moss green mug with a bare clay foot", ("mugs", 0), (MOSS,), SAND, window=True),
    shot(4183, "A rust and an ink blue mug side by side", ("mugs", 1), (INK, RUST), BLUSH, WIDE),
    shot(4185, "Rust mug full of coffee, from above", ("mugs", 2), (RUST,), OAT, place=WORKSHOP),
    shot(4186, "Three mugs, one with coffee", ("mugs", 3), (CHALK, MOSS, INK), STONE, window=True),
]
SHIRT = [
    shot(
        4201, "Sage linen shirt on a hanger", ("shirts", 0), (LEAF,), SAND, PORTRAIT, orientation=6
    ),
    shot(4202, "Collar and buttons close up", ("shirts", 1), (LEAF,), STONE),
    shot(
        4204, "The shirt in ink and in chalk", ("shirts", 2), (INK, CHALK), OAT, WIDE, window=True
    ),
]
LAMP = [
    shot(4210, "Forest green pendant lamp, lit", ("lamps", 0), (FOREST,), STONE),
    shot(
        4211,
        "The white enamel inside the shade",
        ("lamps", 1),
        (OCHRE,),
        SKY,
        PORTRAIT,
        orientation=8,
    ),
    shot(4213, "Three lamps in a row", ("lamps", 2), (OCHRE, FOREST, CHALK), SAGE, WIDE),
]
NOTEBOOK = [
    shot(
        4220,
        "Petrol notebook with an ochre band",
        ("notebooks", 0),
        (PETROL, OCHRE),
        SAND,
        window=True,
    ),
    shot(4221, "Open at a dotted page", ("notebooks", 1), (PETROL, OCHRE), STONE),
    shot(
        4224, "Three notebooks on top of each other", ("notebooks", 2), (PETROL, OCHRE, WINE), BLUSH
    ),
]
TOY = [
    shot(4230, "The stacked rings", ("toys", 0), MEADOW, SKY, PORTRAIT, orientation=6),
    shot(4231, "Two rings beside the stack", ("toys", 1), MEADOW, SAND, WIDE, window=True),
    shot(4232, "The stack from above", ("toys", 2), MEADOW, SAGE),
]
VASE = [
    shot(
        4240,
        "Aqua vase with eucalyptus",
        ("vases", 0),
        (AQUA,),
        SAND,
        PORTRAIT,
        orientation=6,
        window=True,
    ),
    shot(
        4241, "The large vase in smoke", ("vases", 1), (SMOKE,), STONE, (2400, 1800), ending="webp"
    ),
    shot(4243, "Both sizes together", ("vases", 2), (AQUA, SMOKE), BLUSH, WIDE),
]
SOAP = [
    shot(
        4250,
        "Fig leaf hand soap",
        ("bottles", 0),
        (BROWN_GLASS, *PAPERS),
        SAGE,
        PORTRAIT,
        orientation=8,
    ),
    shot(4251, "The label close up", ("bottles", 1), (BROWN_GLASS, *PAPERS), SAND, place=WORKSHOP),
    shot(
        4252, "All three scents", ("bottles", 2), (BROWN_GLASS, *PAPERS), BLUSH, WIDE, window=True
    ),
]
PLANT = [
    shot(
        4260,
        "Rubber plant in a terracotta pot",
        ("plants", 0),
        (TERRACOTTA,),
        SAND,
        PORTRAIT,
        orientation=6,
        window=True,
    ),
    shot(4261, "The leaves close up", ("plants", 1), (TERRACOTTA,), SKY),
    shot(4262, "Both pots", ("plants", 2), ((216, 196, 166), TERRACOTTA), STONE, WIDE),
]
SCARF = [
    shot(4270, "Wine red scarf with stripes", ("scarves", 0), WINE_STRIPES, STONE, window=True),
    shot(4271, "The stitches and the fringe", ("scarves", 1), GREY_STRIPES, OAT),
    shot(
        4272,
        "The three colours",
        ("scarves", 2),
        WINE_STRIPES + GREY_STRIPES + OCHRE_STRIPES,
        SAND,
        WIDE,
    ),
]
SHOE = [
    shot(
        4280,
        "Blue canvas shoe from its side",
        ("shoes", 0),
        (DENIM,),
        STONE,
        (2000, 1500),
        ending="png",
    ),
    shot(4281, "The pair", ("shoes", 1), (DENIM,), SAND, WIDE, window=True),
    shot(4282, "Laces and toe cap close up", ("shoes", 2), (RUST,), SKY),
]
