"""The images of the product page, as their tiles show them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace
from typing import Self

from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from media_staging.models import StagedFile
from products.images.gallery import Gallery, restore_until
from products.models import ProductImage
from products.stencil import Stencil, mark, mark_number
from products.typed import isolated

TEMPLATE = "products/images/_tile.html"
MARKS: dict[str, str | int] = {
    "pk": mark_number(1),
    "place": mark_number(2),
    **{name: mark(name) for name in ("alt", "name", "width", "height", "same_as")},
    **{name: mark(name) for name in ("url", "download_url", "preview_url")},
    **{name: mark(name) for name in ("thumbnail_url", "lasting_thumbnail_url")},
}


@dataclass(frozen=True)
class Tile:
    """An image as the page shows it.

    `same_as` is the name of an earlier image with the same bytes, `restore_until` a deleted one's.
    `typed` is what a plain form that was refused said of it, with an `error` where there is one.
    """

    pk: int
    alt: str
    file: StagedFile
    same_as: str
    restore_until: datetime | None
    typed: dict[str, str] | None

    @classmethod
    def of(cls, gallery: Gallery, image: ProductImage, typed: dict[str, str] | None = None) -> Self:
        original = gallery.originals.get(image.pk)
        return cls(
            pk=image.pk,
            alt=image.alt,
            file=image.file,
            same_as=isolated(original.file.name) if original else "",
            restore_until=restore_until(image) if image.deleted_at else None,
            typed=typed,
        )

    @property
    def is_plain(self) -> bool:
        """Whether there is no trouble to tell: then only texts differ among those of one kind."""
        return self.typed is None and not (
            self.file.error or self.file.retry_at or self.file.thumbnail_problem
        )


def as_html(tiles: Iterable[Tile], *, can_change: bool) -> SafeString:
    stencils: dict[tuple[str, bool], Stencil] = {}
    html: list[str] = []
    for place, tile in enumerate(tiles, start=1):
        if not tile.is_plain:
            context = {"image": tile, "place": place, "can_change": can_change}
            html.append(render_to_string(TEMPLATE, context))
            continue
        kind = tile.file.state, bool(tile.same_as)
        if kind not in stencils:
            stencils[kind] = stencil_of(*kind, can_change=can_change)
        html.append(stencils[kind].fill(texts(tile, place)))
    return mark_safe("".join(html))  # noqa: S308 - the stencil escapes, as the template does


def stencil_of(state: str, is_twin: bool, *, can_change: bool) -> Stencil:
    file = SimpleNamespace(**MARKS, state=state, error=None, retry_at=None, thumbnail_problem=None)
    image = {**MARKS, "file": file, "same_as": MARKS["same_as"] if is_twin else ""}
    context = {"image": image, "place": MARKS["place"], "can_change": can_change}
    return Stencil.of(TEMPLATE, context, MARKS)


def texts(tile: Tile, place: int) -> dict[str, object]:
    return {
        "pk": tile.pk,
        "place": place,
        "alt": tile.alt,
        "name": tile.file.name,
        "width": tile.file.width or "",
        "height": tile.file.height or "",
        "url": tile.file.url,
        "download_url": tile.file.download_url,
        "thumbnail_url": tile.file.thumbnail_url,
        "preview_url": tile.file.preview_url,
        "lasting_thumbnail_url": tile.file.lasting_thumbnail_url,
        "same_as": tile.same_as,
    }
