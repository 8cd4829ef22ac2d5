"""A canvas shoe from its side, toe to the right."""

from random import Random

from PIL import Image

from products.demo.curves import Place, points
from products.demo.light import Colour, Finish, darker, lighter, mix
from products.demo.materials import blend, noise, weave
from products.demo.relief import outline, puff, tube

RUBBER = (240, 236, 226)

UPPER = points(
    "-330,96* -344,10 -338,-80 -322,-142* -296,-152 -250,-118 -190,-104 -130,-122 -92,-176 "
    "-70,-196* -30,-176 60,-104 150,-38 230,-6 300,20 336,60 340,96*"
)
LINING = points("-322,-142* -296,-156 -236,-166 -150,-172 -92,-176* -130,-122 -190,-104 -250,-118*")
TONGUE = points("-104,-170* -96,-216 -66,-236 -34,-222 -10,-160* -60,-120*")
SOLE = points(
    "-352,92* -200,98 0,100 200,96 344,84* 362,104 352,134 330,146* 0,150 -330,148* -356,130"
)
FOXING = points("-354,118* -200,122 0,124 200,120 356,110* 352,128 330,134* 0,137 -352,134*")
TOE = points("232,100* 236,44 262,6 300,14 338,50 352,98*")
HEEL = points("-330,96* -344,10 -338,-80 -322,-142* -296,-146 -288,-60 -292,96*")
EYESTAY = points("-100,-160* -70,-190* -20,-166 60,-100 138,-42* 118,-14 40,-66 -40,-118 -94,-136*")
EYELETS = points("-62,-156 -22,-134 18,-106 58,-76 98,-46")
STITCHES = (
    points("-282,-136 -278,-40 -280,80"),
    points("-96,-126 -40,-106 40,-54 114,-2 150,60 156,88"),
    points("226,84 230,40 252,0"),
)


def shoe(layer: Image.Image, place: Place, colour: Colour, rng: Random) -> None:
    """A low shoe with rubber sole, toe cap and laces."""
    size, scale = layer.size, place.scale
    canvas = blend(weave(size, rng, 0.06), noise(size, rng, (80, 50), 0.07))
    rubber = noise(size, rng, (3, 3), 0.02)

    def patch(
        shape: list[tuple[float, float]], tint: Colour, depth: float, skin: Image.Image
    ) -> None:
        puff(layer, outline(size, place.at(shape)), tint, depth=depth * scale, texture=skin)

    patch(LINING, darker(mix(colour, RUBBER, 0.4), 0.45), 8, canvas)
    patch(TONGUE, lighter(colour, 0.12), 10, canvas)
    patch(UPPER, colour, 34, canvas)
    patch(HEEL, darker(colour, 0.18), 9, canvas)
    patch(EYESTAY, lighter(colour, 0.06), 6, canvas)
    patch(SOLE, RUBBER, 9, rubber)
    patch(FOXING, mix(colour, RUBBER, 0.12), 3, rubber)
    patch(TOE, RUBBER, 24, rubber)
    _stitches(layer, place, lighter(colour, 0.55))
    _laces(layer, place)


def _stitches(layer: Image.Image, place: Place, colour: Colour) -> None:
    for seam in STITCHES:
        tube(layer, place.at(seam), 3.2 * place.scale, Finish(colour, 0.1))


def _laces(layer: Image.Image, place: Place) -> None:
    cotton = Finish((246, 243, 236), 0.1)
    metal = Finish((92, 90, 88), 0.8)
    for x, y in EYELETS:
        tube(layer, place.at([(x - 2, y + 8), (x, y + 8), (x + 2, y + 8)]), 15 * place.scale, metal)
        across = [(x, y + 8), (x + 8, y - 16), (x + 26, y - 34), (x + 40, y - 38)]
        tube(layer, place.at(across), 13 * place.scale, cotton)
    bow = (
        "-50,-178 -96,-214 -128,-196 -104,-166 -56,-174",
        "-50,-178 -22,-236 18,-232 8,-194 -44,-176",
        "-50,-176 -72,-140 -112,-112",
        "-50,-176 -30,-140 -34,-96",
    )
    for loop in bow:
        tube(layer, place.at(points(loop)), 11 * place.scale, cotton)
