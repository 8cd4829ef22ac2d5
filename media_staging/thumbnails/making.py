"""Makes the thumbnails and previews: small pictures of synced files, stored and transferred like
any file.

What is due is in the rows (`thumbnail_due_at`), so a kill at any instruction costs a lease, and
two consumers do no harm to each other. An original that waits for its transfer goes first.
"""

import hashlib
import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import uuid4

from media_staging import clock, remotes
from media_staging.area import staging
from media_staging.containers import for_decoder
from media_staging.errors import (
    Damaged,
    RendererUnavailable,
    RenderingFailed,
    StagingFull,
    StagingUnavailable,
    Unreadable,
)
from media_staging.models import PREVIEW_SIDE, THUMBNAIL_SIDE, StagedFile
from media_staging.removal import door
from media_staging.states import places, thumbnails, transitions
from media_staging.thumbnails.rendering import MEMORY_BYTES, Rendered, Renderer

logger = logging.getLogger(__name__)

FOLDER = "thumbnails"
# A picture that nothing can be made of after so many attempts stays without.
MOST_ATTEMPTS = 3
# At most. A WebP was measured to need 16 to 18; of a progressive JPEG two bytes are held for each
# of its colours, of which there may be four.
BYTES_PER_PIXEL = {"image/webp": 20, "image/jpeg": 10}


@dataclass
class Report:
    """How many thumbnails were made, and how many pictures were given up."""

    made: int = 0
    given_up: int = 0


def make_due(stop: threading.Event | None = None) -> Report:
    """Make every thumbnail that is due, one at a time, until an original waits for its transfer.

    Repeatable and safe beside others. What fails is tried again later, or given up with its reason
    in the row; raises only when the database does.
    """
    report = Report()
    try:
        staging.check_area()
        if is_there_work():
            with Renderer() as renderer:
                make_one_by_one(renderer, stop or threading.Event(), report)
    except (StagingUnavailable, StagingFull) as error:
        logger.error("No thumbnails are made: %s", getattr(error, "reason", error))
    except RendererUnavailable as error:
        logger.error("No thumbnails are made: %s. Is Pillow installed and whole?", error)
    return report


def is_there_work() -> bool:
    staged = transitions.due(StagedFile.Status.STAGED).filter(places.is_moving())
    originals = staged.filter(is_thumbnail=False)
    return thumbnails.due().exists() and not originals.exists()


def make_one_by_one(renderer: Renderer, stop: threading.Event, report: Report) -> None:
    while not stop.is_set() and is_there_work():
        original = thumbnails.claim()
        if original is None:
            return
        try:
            report.made += make(original, renderer)
        except RenderingFailed as error:
            report.given_up += put_off(original, error)


def make(original: StagedFile, renderer: Renderer) -> bool:
    """One thumbnail and, where it takes one, a preview, durable before their rows.

    Raises RenderingFailed, StagingFull, StagingUnavailable.
    """
    if original.thumbnail_attempts > MOST_ATTEMPTS:
        raise RenderingFailed("earlier attempts did not come to an end")
    rendered = renderer.render(for_decoder(local_bytes(original)), sides_for(original))
    small = [describe(original, each) for each in rendered]
    store({file.key: each.data for file, each in zip(small, rendered, strict=True)})
    if thumbnails.attach(original, *small):
        return True
    for file in small:
        door.remove_unregistered(file.key)
    return False


def sides_for(original: StagedFile) -> list[int]:
    """The last attempt is for the thumbnail alone, which asks for less memory and time."""
    is_last = original.thumbnail_attempts == MOST_ATTEMPTS
    return [THUMBNAIL_SIDE, *([] if is_last or original.is_own_preview else [PREVIEW_SIDE])]


def local_bytes(original: StagedFile) -> bytes:
    try:
        with staging.open_verified(original) as stored:
            return stored.read()
    except (Damaged, Unreadable) as error:
        raise RenderingFailed(error.message) from error


def describe(original: StagedFile, rendered: Rendered) -> StagedFile:
    now = clock.now()
    remote = remotes.at(original.place, original.remote) or remotes.current()
    return StagedFile(
        key=f"{FOLDER}/{uuid4()}.{rendered.extension}",
        name=original.name,
        size=len(rendered.data),
        sha256=hashlib.sha256(rendered.data).hexdigest(),
        content_type=rendered.content_type,
        width=rendered.width,
        height=rendered.height,
        is_thumbnail=True,
        created_at=now,
        due_at=now,
        place=remote.place,
    )


def store(contents: Mapping[str, bytes]) -> None:
    """Durably; without a row, after a kill, it is swept. Raises StagingFull, StagingUnavailable."""
    with staging.local_errors():
        # Making them took a while.
        staging.check_area()
        staging.make_room(sum(map(len, contents.values())))
        parts = [(staging.incoming_path(uuid4().hex), key) for key in contents]
        for part, key in parts:
            staging.write_durably(part, [contents[key]])
        staging.publish(parts)


def may_want_memory(original: StagedFile) -> bool:
    """libwebp and libjpeg say the same of damage and of too little memory."""
    pixels = (original.width or 0) * (original.height or 0)
    return pixels * BYTES_PER_PIXEL.get(original.content_type, 0) > MEMORY_BYTES


def put_off(original: StagedFile, error: RenderingFailed) -> bool:
    """Leave it to the end of the lease, or give it up; returns whether it was given up."""
    if error.is_final and may_want_memory(original):
        error = RenderingFailed(error.message, code="too_demanding")
    if not error.is_final and original.thumbnail_attempts < MOST_ATTEMPTS:
        logger.info("%s has no thumbnail yet: %s", original.key, error)
        return False
    logger.warning("%s stays without a thumbnail (%s): %s", original.key, error.code, error)
    return thumbnails.give_up(original, error.code)
