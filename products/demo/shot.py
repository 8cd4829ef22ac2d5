"""What one photo shows and with what camera it was taken. Plain data, so that it can travel."""

from dataclasses import dataclass
from datetime import datetime

from products.demo.light import Colour


@dataclass(frozen=True, slots=True)
class Shot:
    """One photo: a view of a scene, on paper of a colour, as a file of this name."""

    name: str  # the file's; its ending says the format
    alt: str
    scene: str  # a name in scenes.SCENES
    view: int  # which arrangement of that scene
    colours: tuple[Colour, ...]
    paper: Colour
    taken: datetime
    # Pixels as displayed.
    size: tuple[int, int]
    # As in EXIF: 6 and 8 are stored lying on their side.
    orientation: int = 1
    # Degrees north and east; None: the camera did not know.
    place: tuple[float, float] | None = None
    window: bool = False
