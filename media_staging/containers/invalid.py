"""The one error of this package, and its sentences."""

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

_MESSAGES: Final[dict[str, Promise | str]] = {
    "empty": _("The file is empty."),
    "unsupported_format": _("This is not a JPEG, PNG, WebP, GIF or AVIF image."),
    "heic": _(
        "HEIC photos cannot be shown by browsers. Export it as JPEG first: on an iPhone, set "
        "Settings, Camera, Formats to “Most Compatible”; on a Mac, open it in Preview and choose "
        "File, Export, JPEG."
    ),
    "truncated": _("The image is incomplete: its end is missing. Please upload it again."),
    "corrupt": _("The image is damaged and cannot be read."),
    "too_many_pixels": _("The image has too many pixels. Please make it smaller."),
    "absurd_shape": _("The image is far too long and thin to be shown."),
    "animation_too_large": _(
        "The animation has too many frames for its size. Please make it smaller or shorter."
    ),
    "unshown_jpeg": _(
        "This kind of JPEG is not shown by browsers. Export it as an ordinary JPEG first, with "
        "8 bits per color."
    ),
    "unshown_png": _(
        "This kind of PNG is not shown by browsers. Open it in an image editor and save it again, "
        "as PNG or JPEG."
    ),
}


class InvalidImage(Exception):
    """An upload that is refused.

    ``code`` is one of the machine words above, ``message`` a lazily translated sentence for
    the person who uploaded the file.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
        self.message = _MESSAGES[code]
