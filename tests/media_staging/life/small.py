"""Small pictures without a decoder, in all sizes asked for; it stops while they are made."""

import hashlib
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any

from media_staging.models import StagedFile
from media_staging.thumbnails.rendering import Rendered
from tests.media_staging.life.processes import pause


class SmallPictures(nullcontext[Any]):
    """Stands in for Renderer."""

    def __init__(self) -> None:
        super().__init__(self)

    def render(self, picture: bytes, sides: Sequence[int]) -> list[Rendered]:
        pause("render")
        digest = hashlib.sha256(picture).hexdigest()
        return [Rendered(f"{digest} of {side}".encode(), side, side) for side in sides]


def described(
    describe: Callable[[StagedFile, Rendered], StagedFile], truth: dict[str, bytes]
) -> Callable[[StagedFile, Rendered], StagedFile]:
    """What is made is as true as what is received."""

    def describe_and_note(original: StagedFile, rendered: Rendered) -> StagedFile:
        file = describe(original, rendered)
        truth[file.key] = rendered.data
        return file

    return describe_and_note
