"""The second size: what gets one, what is shown without, and that both live and die together."""

from io import BytesIO
from typing import Any

import pytest
from django.db import connection
from django.template import Context, Template
from django.test.utils import CaptureQueriesContext
from PIL import Image

from media_staging import stage
from media_staging.area import staging
from media_staging.errors import Outage, RenderingFailed
from media_staging.models import StagedFile
from media_staging.states import owners, thumbnails
from media_staging.thumbnails import making
from media_staging.transfer import draining
from media_staging.upkeep import audit, cleanup
from products.models import Product, ProductImage
from tests.conftest import Clock
from tests.media_staging.fake_remote import FakeRemote
from tests.media_staging.photos import jpeg, shown, thumbnail_of, upload

pytestmark = pytest.mark.django_db(transaction=True)
Status = StagedFile.Status
LARGE = (1100, 1650)


def large(size: tuple[int, int] = LARGE) -> StagedFile:
    return stage(upload("large.jpg", jpeg(7, size)), folder="photos")


def heavy() -> StagedFile:
    """No larger than a preview, with many bytes."""
    stream = BytesIO()
    Image.merge("RGB", [Image.effect_noise((900, 700), 90) for _band in "RGB"]).save(stream, "PNG")
    assert stream.tell() > 1024**2
    return stage(upload("heavy.png", stream.getvalue()), folder="photos")


def with_both() -> tuple[StagedFile, StagedFile, StagedFile]:
    """A synced original, its synced thumbnail and its synced preview."""
    file = large()
    draining.drain()
    assert making.make_due().made == 1
    draining.drain()
    return shown(file), thumbnail_of(file), preview_of(file)


def preview_of(file: StagedFile) -> StagedFile:
    preview = shown(file).preview
    assert preview is not None
    return preview


def srcset(file: StagedFile) -> str:
    template = Template("{% load media_staging %}{% srcset file %}")
    return template.render(Context({"file": shown(file)}, autoescape=False))


# --- What there is -------------------------------------------------------------------------------


def test_a_large_picture_is_there_in_two_sizes_beside_its_original(fake: FakeRemote) -> None:
    file = large()
    draining.drain()
    assert shown(file).preview_url == shown(file).url, "the original until it exists"
    assert srcset(file) == ""
    making.make_due()
    draining.drain()
    small, preview = thumbnail_of(file), preview_of(file)
    assert [(each.width, each.height) for each in (small, preview)] == [(427, 640), (1067, 1600)]
    assert preview.is_thumbnail
    assert shown(file).preview_url == f"https://fake.example/{preview.key}"
    for each in (small, preview):
        assert fake.stored[each.key] == staging.path(each.key).read_bytes()
    assert srcset(file) == (
        f"https://fake.example/{small.key} 427w, https://fake.example/{preview.key} 1067w"
    )


def test_what_is_small_enough_is_its_own_preview_unless_it_is_heavy(fake: FakeRemote) -> None:
    medium, heavy_one, tiny = large((1600, 900)), heavy(), large((24, 16))
    draining.drain()
    assert making.make_due().made == 3
    draining.drain()
    assert shown(medium).preview is None
    assert shown(medium).preview_url == shown(medium).url
    assert srcset(medium) == f"{thumbnail_of(medium).url} 640w, {shown(medium).url} 1600w"
    assert (preview_of(heavy_one).width, preview_of(heavy_one).height) == (900, 700)
    assert srcset(tiny) == "", "there is nothing to choose from"


def test_nobody_is_made_to_load_a_large_original_of_which_there_is_a_thumbnail(
    fake: FakeRemote,
) -> None:
    """As with what was evicted before there were previews."""
    file, small, _preview = with_both()
    StagedFile.objects.filter(pk=file.pk).update(preview=None)
    assert shown(file).preview_url == small.url
    assert srcset(file) == ""


def test_a_remote_that_makes_small_pictures_makes_both(
    fake: FakeRemote, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FakeRemote, "makes_thumbnails", True)
    monkeypatch.setattr(
        FakeRemote, "thumbnail_url", lambda self, key, data, width: f"https://{width}/{key}"
    )
    file, narrow = large(), large((400, 1700))
    assert shown(file).preview_url == file.url
    draining.drain()
    assert making.make_due().made == 0
    assert shown(file).preview_url == f"https://1600/{file.key}"
    assert srcset(file) == f"https://640/{file.key} 640w, https://1600/{file.key} 1100w"
    assert srcset(narrow) == ""


def test_a_list_joins_both_and_asks_nothing_more(fake: FakeRemote) -> None:
    with_both()
    with_both()
    rows = list(StagedFile.objects.originals().select_related("thumbnail", "preview"))
    with CaptureQueriesContext(connection) as queries:
        assert len({(row.thumbnail_url, row.preview_url, *row.widths) for row in rows}) == 2
    assert len(queries) == 0


# --- Life with the original ----------------------------------------------------------------------


def test_both_go_with_their_original_everywhere(fake: FakeRemote, clock: Clock) -> None:
    file, small, preview = with_both()
    assert set(owners.let_go([file.pk])) == {file.key, small.key, preview.key}
    fake.failing = Outage("down")
    assert cleanup.run_round().troubled
    fake.failing = None
    clock.forward(minutes=20)
    assert set(cleanup.run_round().purged) == {file.key, small.key, preview.key}
    assert fake.stored == {}
    assert not StagedFile.objects.exists()
    assert list(staging.path("thumbnails").iterdir()) == []


def test_neither_goes_before_and_both_are_evicted_and_verified(
    fake: FakeRemote, clock: Clock
) -> None:
    file, small, preview = with_both()
    ProductImage.objects.create(product=Product.objects.create(name="Mug", price=1), file=file)
    assert owners.let_go([small.pk, preview.pk]) == []
    clock.forward(hours=25)
    round_ = cleanup.run_round(sweeping=True)
    assert (round_.let_go, round_.swept) == ([], [])
    assert set(round_.evicted) == {file.key, small.key, preview.key}
    assert audit.verify(checksums=True).is_clean
    del fake.stored[preview.key]
    assert audit.verify().missing == [preview.key]


def test_what_is_referred_to_again_gets_both_anew(fake: FakeRemote) -> None:
    file, small, preview = with_both()
    owners.let_go([file.pk])
    owners.attach([file.pk])
    assert (shown(file).thumbnail, shown(file).preview) == (None, None)
    draining.drain()
    assert making.make_due().made == 1
    assert {thumbnail_of(file).pk, preview_of(file).pk}.isdisjoint({small.pk, preview.pk})
    cleanup.run_round()
    assert set(StagedFile.objects.filter(is_thumbnail=True)) == {
        thumbnail_of(file),
        preview_of(file),
    }


@pytest.mark.parametrize("end", ["let go", "made twice", "killed"])
def test_of_two_that_are_not_attached_nothing_stays(
    fake: FakeRemote, clock: Clock, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    file = large()
    ProductImage.objects.create(product=Product.objects.create(name="Mug", price=1), file=file)
    draining.drain()

    def attach(original: StagedFile, *small: StagedFile) -> bool:
        monkeypatch.undo()
        if end == "killed":
            raise KeyboardInterrupt
        if end == "made twice":
            assert making.make_due().made == 0, "the lease holds"
            with making.Renderer() as renderer:
                assert making.make(original, renderer)
        else:
            ProductImage.objects.all().delete()
            owners.let_go([original.pk])
        return thumbnails.attach(original, *small)

    monkeypatch.setattr(making.thumbnails, "attach", attach)
    if end == "killed":
        with pytest.raises(KeyboardInterrupt):
            making.make_due()
    else:
        assert making.make_due().made == 0
    assert len(list(staging.path("thumbnails").iterdir())) == (0 if end == "let go" else 2)
    made = StagedFile.objects.filter(is_thumbnail=True)
    assert made.count() == (2 if end == "made twice" else 0)


def test_a_preview_that_asks_for_too_much_costs_no_thumbnail(
    fake: FakeRemote, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = large()
    draining.drain()
    render = making.Renderer.render

    def render_little(self: making.Renderer, picture: Any, sides: list[int]) -> Any:
        if len(sides) > 1:
            raise RenderingFailed("no memory", code="too_demanding")
        return render(self, picture, sides)

    monkeypatch.setattr(making.Renderer, "render", render_little)
    for _attempt in range(making.MOST_ATTEMPTS):
        making.make_due()
        clock.forward(minutes=3)
    assert thumbnail_of(file).height == 640
    assert (shown(file).preview, shown(file).thumbnail_error) == (None, "")


def test_nothing_is_put_under_a_mount_point_that_was_left_meanwhile(
    fake: FakeRemote, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = large()
    draining.drain()
    render = making.Renderer.render

    def render_and_unmount(*arguments: Any) -> Any:
        rendered = render(*arguments)
        staging.mark_path().unlink()
        return rendered

    monkeypatch.setattr(making.Renderer, "render", render_and_unmount)
    assert making.make_due().made == 0
    assert not staging.path("thumbnails").exists()
    assert shown(file).thumbnail is None


def test_no_room_for_both_leaves_neither(fake: FakeRemote, monkeypatch: pytest.MonkeyPatch) -> None:
    file = large()
    draining.drain()
    whole: Any = staging.make_room

    def make_room(size: int) -> None:
        sizes.append(size)
        whole(2**62)

    sizes: list[int] = []
    monkeypatch.setattr(staging, "make_room", make_room)
    making.make_due()
    monkeypatch.undo()
    assert len(sizes) == 1
    assert not staging.path("thumbnails").exists()
    assert list(staging.incoming().iterdir()) == []
    assert shown(file).thumbnail is None
