"""What a decoder is given: the picture without what it stumbles over, and how browsers show it."""

from dataclasses import dataclass

from media_staging.containers import png
from media_staging.containers.inspection import look
from media_staging.containers.invalid import InvalidImage


@dataclass(frozen=True, slots=True)
class Decodable:
    """Bytes for a decoder, and what it has to be told.

    ``orientation`` is the one by which browsers turn the stored pixels, from 1 (upright) to 8 as in
    EXIF. ``color`` are the primaries and the transfer function that a picture without a profile
    declares, as numbers of ITU-T H.273; None where it declares none.
    """

    data: bytes
    orientation: int = 1
    color: tuple[int, int] | None = None


def for_decoder(data: bytes) -> Decodable:
    """What is known of the picture; just its bytes if today it would be refused. Raises nothing."""
    try:
        with memoryview(data) as view:
            form, layout = look(view)
            plain = png.without_metadata(view) if form.name == "png" else data
    except InvalidImage:
        return Decodable(data)
    return Decodable(plain, layout.orientation, layout.color)
