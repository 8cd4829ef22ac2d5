"""The process that decodes pictures, from its parent's side: started once, used for many.

A decoder meets hostile bytes, so it runs where it can do little harm (`rendering_process.py`) and
ends when it takes too long. Starting it costs a fifth of a second, more than most pictures.
"""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self, TypeVar, cast

from media_staging.conf import conf
from media_staging.containers import Decodable
from media_staging.errors import RendererUnavailable, RenderingFailed

PROGRAM = Path(__file__).with_name("rendering_process.py")
# Address space, so that what is resident stays below it.
MEMORY_BYTES = 512 * 1024**2
CPU_SECONDS = 20
# Of the clock on the wall: it runs at low priority, beside whatever else the machine does.
WALL_SECONDS = 60
# Several arenas would reserve address space that nobody uses.
ENVIRONMENT = {"MALLOC_ARENA_MAX": "1"}
INHERITED = ("PATH", "LD_LIBRARY_PATH")
READY = b"ready\n"
# Bytes; a preview has some hundreds of thousands.
MOST_ANSWERED = 16 * 1024**2
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Rendered:
    """A finished small picture. Sides in pixels."""

    data: bytes
    width: int
    height: int
    content_type = "image/webp"
    extension = "webp"


class Renderer:
    """Makes pictures small one after the other, in one process as long as that lives.

    with Renderer() as renderer:
        thumbnail, preview = renderer.render(for_decoder(data), [640, 1600])

    Raises RendererUnavailable when that process cannot even begin.
    """

    def __enter__(self) -> Self:
        self._start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._end()

    def render(self, picture: Decodable, sides: Sequence[int]) -> list[Rendered]:
        """The picture in each of these sizes: at most so many pixels wide and high, and never
        larger than it is. It is decoded once. Raises RenderingFailed, RendererUnavailable.
        """
        if self._process.poll() is not None:
            self._start()
        try:
            return self._within_time(lambda: self._ask(picture, sides))
        except RenderingFailed:
            # What is left of a failure must not become the next picture's.
            self._end()
            raise

    def _ask(self, picture: Decodable, sides: Sequence[int]) -> list[Rendered]:
        try:
            self._stdin.write(json.dumps(told(picture, sides)).encode() + b"\n")
            self._stdin.write(picture.data)
            self._stdin.flush()
            answer = json.loads(self._stdout.readline(MOST_ANSWERED))
            if answer["code"]:
                raise RenderingFailed(answer["detail"], code=answer["code"])
            return [
                Rendered(self._stdout.read(min(length, MOST_ANSWERED)), width, height)
                for length, width, height in answer["made"]
            ]
        except (OSError, ValueError) as error:
            self._process.kill()
            how = f"the process that decodes it ended with code {self._process.wait()}"
            raise RenderingFailed(how, code="too_demanding") from error

    def _within_time(self, work: Callable[[], T]) -> T:
        """End the process when it takes too long; who waits for it then reads an end of file."""
        late = threading.Timer(WALL_SECONDS, self._process.kill)
        late.start()
        try:
            return work()
        finally:
            late.cancel()

    @property
    def _stdin(self) -> IO[bytes]:
        return cast(IO[bytes], self._process.stdin)

    @property
    def _stdout(self) -> IO[bytes]:
        return cast(IO[bytes], self._process.stdout)

    def _start(self) -> None:
        """Raises RendererUnavailable."""
        limits = (conf().MAX_IMAGE_PIXELS, MEMORY_BYTES, CPU_SECONDS)
        self._process = subprocess.Popen(
            [sys.executable, "-I", PROGRAM, folder_of_pillow(), *map(str, limits)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=ENVIRONMENT | {name: os.environ[name] for name in INHERITED if name in os.environ},
        )
        if self._within_time(self._stdout.readline) != READY:
            self._end()
            raise RendererUnavailable

    def _end(self) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._stdin, self._stdout):
            with suppress(OSError):
                pipe.close()


def told(picture: Decodable, sides: Sequence[int]) -> dict[str, Any]:
    """What precedes its bytes."""
    return {
        "length": len(picture.data),
        "sides": list(sides),
        "orientation": picture.orientation,
        "color": picture.color,
    }


def folder_of_pillow() -> str:
    """Where this process has it from. Raises RendererUnavailable."""
    found = find_spec("PIL")
    if found is None or not found.origin:
        raise RendererUnavailable
    return str(Path(found.origin).parent.parent)
