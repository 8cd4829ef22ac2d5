"""The process that makes pictures small: its limits, and how it begins and ends."""

import os
import signal
import site
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from dev.processes import wait_for
from media_staging.containers import for_decoder
from media_staging.errors import RendererUnavailable, RenderingFailed
from media_staging.models import PREVIEW_SIDE, THUMBNAIL_SIDE
from media_staging.thumbnails import rendering
from media_staging.thumbnails.rendering import Renderer
from tests.media_staging.thumbnails.pictures import encoded, noise, rendered


@pytest.fixture
def small_limits(settings: Any) -> None:
    settings.MEDIA_STAGING = {**settings.MEDIA_STAGING, "MAX_IMAGE_PIXELS": 100_000}


def test_more_pixels_than_allowed_are_not_decoded(small_limits: None) -> None:
    with Renderer() as renderer:
        for size in ((400, 251), (20_000, 20_000)):
            with pytest.raises(RenderingFailed) as failed:
                rendered(renderer, encoded(Image.new("1", size), "PNG"))
            assert failed.value.code == "too_demanding"
        assert rendered(renderer, encoded(Image.new("1", (400, 250)), "PNG")).width == 400


def test_memory_ends_at_the_limit_and_the_next_picture_is_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rendering, "MEMORY_BYTES", 96 * 1024**2)
    with Renderer() as renderer:
        with pytest.raises(RenderingFailed) as failed:
            rendered(renderer, encoded(Image.new("RGBA", (6000, 6000)), "PNG"))
        assert (failed.value.code, failed.value.is_final) == ("too_demanding", False)
        assert rendered(renderer, encoded(noise())).width == 640


@pytest.mark.parametrize(
    ("kind", "mode", "megapixels", "options"),
    [
        ("JPEG", "CMYK", 50, {"progressive": True}),
        ("JPEG", "RGB", 64, {"progressive": True}),
        ("PNG", "RGB", 64, {"compress_level": 1}),
        ("PNG", "RGBA", 34, {"compress_level": 1}),
        ("AVIF", "RGB", 44, {"speed": 10}),
        ("AVIF", "RGBA", 28, {"speed": 10}),
        ("WEBP", "RGB", 28, {"method": 0}),
        ("WEBP", "RGBA", 20, {"method": 0}),
    ],
)
def test_the_memory_holds_what_is_documented_in_both_sizes(
    renderer: Renderer, kind: str, mode: str, megapixels: int, options: dict[str, Any]
) -> None:
    large = Image.new(mode, (8000, megapixels * 125))
    picture = for_decoder(encoded(large, kind, **options))
    small = renderer.render(picture, [THUMBNAIL_SIDE, PREVIEW_SIDE])
    assert [max(each.width, each.height) for each in small] == [THUMBNAIL_SIDE, PREVIEW_SIDE]


def test_processor_time_ends_at_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rendering, "CPU_SECONDS", 0)
    picture = encoded(Image.new("RGB", (8000, 7000)), "PNG", compress_level=1)
    with Renderer() as renderer, pytest.raises(RenderingFailed) as failed:
        for _decode in range(20):
            rendered(renderer, picture)
    assert str(-signal.SIGXCPU) in str(failed.value)


def test_a_process_that_hangs_is_ended(renderer: Renderer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rendering, "WALL_SECONDS", 0.2)
    os.kill(renderer._process.pid, signal.SIGSTOP)
    with pytest.raises(RenderingFailed):
        rendered(renderer, encoded(noise()))
    monkeypatch.undo()
    assert rendered(renderer, encoded(noise())).width == 640


def test_a_process_killed_between_two_pictures_is_started_again(renderer: Renderer) -> None:
    os.kill(renderer._process.pid, signal.SIGKILL)
    assert wait_for(lambda: renderer._process.poll() is not None, 10)
    assert rendered(renderer, encoded(noise())).width == 640


def test_one_process_makes_many(renderer: Renderer) -> None:
    pid = renderer._process.pid
    for _picture in range(3):
        rendered(renderer, encoded(noise()))
    assert renderer._process.pid == pid


def test_it_knows_no_secrets_and_ends_with_its_parent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    with Renderer() as renderer:
        process = renderer._process
        assert b"secret" not in Path(f"/proc/{process.pid}/environ").read_bytes()
        process.stdin.close()  # type: ignore[union-attr]
        assert process.wait(10) == 0


def test_packages_that_came_by_pythonpath_are_there_for_it_too() -> None:
    """As with `pip install --target` or `--user`: an isolated process does not look there."""
    program = (
        "import sys, django; django.setup()\n"
        "from media_staging.containers import Decodable, for_decoder\n"
        "from media_staging.thumbnails.rendering import Renderer\n"
        "with Renderer() as renderer:\n"
        "    print(renderer.render(for_decoder(sys.stdin.buffer.read()), [640])[0].width)"
    )
    base: Any = sys
    path = [site.getsitepackages()[0], "site", "."]
    done = subprocess.run(
        [base._base_executable, "-c", program],
        input=encoded(noise()),
        env={**os.environ, "PYTHONPATH": ":".join(path), "DJANGO_SETTINGS_MODULE": "settings"},
        capture_output=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == (b"640\n", b"")


def test_a_process_that_cannot_start_is_no_fault_of_the_picture(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rendering, "PROGRAM", Path("/nowhere.py"))
    with pytest.raises(RendererUnavailable), Renderer():
        pass
