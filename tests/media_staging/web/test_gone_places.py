"""Pages live with a place that the settings do not have any more."""

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from media_staging import remotes
from media_staging.area import staging
from media_staging.models import StagedFile
from media_staging.states import places, transitions
from media_staging.transfer import draining
from products.models import Product, ProductImage
from tests.media_staging.photos import jpeg, plain

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def staff() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("boss"))
    return client


def use(settings: Any, name: str, root: Path) -> None:
    settings.MEDIA_STAGING = {
        **settings.MEDIA_STAGING,
        "REMOTE": name,
        "REMOTES": {name: {"TYPE": "filesystem", "root": root}},
    }


@pytest.fixture
def product(settings: Any, tmp_path: Path) -> Product:
    """With two photos on a remote that is not set up any more: one has its local copy, one not."""
    use(settings, "old", tmp_path / "old")
    product = Product.objects.create(name="Mug", price=1)
    here, there = plain(2)
    for position, file in enumerate((here, there)):
        ProductImage.objects.create(product=product, file=file, position=position)
    draining.drain()
    assert transitions.evict(there, there.place)
    staging.path(there.key).unlink()
    use(settings, "new", tmp_path / "new")
    return product


def files() -> list[StagedFile]:
    return list(StagedFile.objects.order_by("pk"))


def test_a_picture_is_shown_from_its_local_copy(product: Product, client: Client) -> None:
    here, _there = files()
    assert here.url == here.thumbnail_url == here.local_url
    answer: Any = client.get(here.url)
    assert b"".join(answer.streaming_content) == jpeg(0)


def test_one_without_a_local_copy_is_not_reachable_in_words(
    product: Product, client: Client, staff: Client, tmp_path: Path
) -> None:
    _here, there = files()
    for address in (there.url, there.download_url, there.thumbnail_url):
        answer = client.get(address)
        assert answer.status_code == 404
        assert "no-store" in answer["Cache-Control"]
        assert "is not set up on this site any more" in answer.content.decode()
        assert str(tmp_path) not in answer.content.decode()
    assert f"folder {tmp_path / 'old'}" in staff.get(there.url).content.decode()


def test_an_address_from_before_is_not_reachable_either(product: Product, client: Client) -> None:
    _here, there = files()
    address = reverse("media_staging:remote_file", args=[there.key])
    assert client.get(address).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/products/",
        "/products/{product}/",
        "/staging/",
        "/admin/media_staging/stagedfile/",
        "/admin/media_staging/stagedfile/{file}/change/",
        "/admin/products/product/{product}/change/",
    ],
)
def test_every_page_is_there(product: Product, staff: Client, path: str) -> None:
    address = path.format(product=product.pk, file=files()[1].pk)
    assert staff.get(address).status_code == 200


def test_the_json_tells_the_state_as_ever_and_addresses_of_ours(
    product: Product, staff: Client
) -> None:
    answer = staff.get(f"/products/{product.pk}/images/").json()
    assert [image["state"] for image in answer["images"]] == ["synced", "synced"]
    assert [image["url"] for image in answer["images"]] == [file.local_url for file in files()]
    assert answer["summary"] == {"total": 2, "synced": 2, "pending": 0, "failed": 0}


def test_an_answer_is_another_one_when_the_entry_is_back(
    product: Product, staff: Client, settings: Any, tmp_path: Path
) -> None:
    address = f"/products/{product.pk}/images/"
    etag = staff.get(address)["ETag"]
    assert staff.get(address, headers={"If-None-Match": etag}).status_code == 304
    use(settings, "old", tmp_path / "old")
    assert staff.get(address, headers={"If-None-Match": etag}).status_code == 200


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "2 files are in"), ("tr", "2 dosya artık ayarlarda bulunmayan bir yerde")],
)
def test_the_sync_page_says_what_is_elsewhere_and_the_ways_out(
    product: Product, staff: Client, language: str, words: str
) -> None:
    page = staff.get("/staging/", headers={"Accept-Language": language}).content.decode()
    assert words in page
    assert "SAME_AS" in page
    assert files()[0].place in page
    assert "Everything is on" not in page


def test_the_sync_page_offers_to_send_what_waits_to_the_current_place(
    product: Product, staff: Client
) -> None:
    (file,) = plain()
    transitions.claim(1)
    StagedFile.objects.filter(pk=file.pk).update(
        place=files()[0].place, due_at=file.created_at, status="staged"
    )
    page = staff.get("/staging/").content.decode()
    assert "1 of them was on its way there and waits" in page
    assert reverse("media_staging:retry_failed") in page
    staff.post("/staging/retry-failed/")
    file.refresh_from_db()
    assert file.place == remotes.current().place


def test_machines_are_told(product: Product, client: Client) -> None:
    answer = client.get("/readyz", headers={"Accept-Language": "tr"})
    assert answer.status_code == 200
    (note,) = answer.json()["notes"]
    assert note == places.elsewhere()[0].in_english
    text = client.get("/metrics").content.decode()
    assert "media_staging_elsewhere_files 2.0" in text
    assert 'media_staging_remote_available{remote="new"} 1.0' in text
    assert "media_staging_remote_available 1.0" in text
