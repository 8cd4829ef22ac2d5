"""The patches that take the position out of a container's EXIF and XMP blocks."""

from media_staging.intake.containers import exif, xmp
from media_staging.intake.containers.reading import Layout, Patch, gather, scatter


def strip(view: memoryview, layout: Layout) -> list[Patch]:
    """Patches of the file, unsorted; the later of two that overlap counts."""
    found: list[Patch] = []
    for block in layout.exif:
        found += scatter(exif.patches(gather(view, block)), block)
    for block in layout.xmp:
        found += scatter(xmp.patches(gather(view, block)), block)
    return found
