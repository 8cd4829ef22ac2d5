"""Pages live with a remote whose addresses cannot be made: no keys here, or a role that is not
renewed."""

import logging
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ImproperlyConfigured
from django.test import Client

from media_staging import remotes
from media_staging.area import staging
from media_staging.models import StagedFile
from products.models import Product, ProductImage
from tests.conftest import Clock
from tests.media_staging.photos import jpeg, plain

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def no_keys(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/nowhere")
    use(settings, {"bucket_name": "shop", "region_name": "eu-south-1"})


def use(settings: Any, options: dict[str, Any]) -> None:
    settings.MEDIA_STAGING = {
        **settings.MEDIA_STAGING,
        "REMOTE": "s3",
        "REMOTES": {"s3": options},
    }


@pytest.fixture
def staff() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("boss"))
    return client


@pytest.fixture
def product() -> Product:
    """With two photos that the consumer, which has keys, has moved; one has its local copy yet."""
    product = Product.objects.create(name="Mug", price=1)
    here, there = plain(2)
    for position, file in enumerate((here, there)):
        ProductImage.objects.create(product=product, file=file, position=position)
    StagedFile.objects.update(status="synced", remote="s3", place=remotes.current().place)
    staging.path(there.key).unlink()
    return product


def files() -> list[StagedFile]:
    return list(StagedFile.objects.order_by("pk"))


@pytest.mark.parametrize(
    "path",
    [
        "/products/",
        "/products/{product}/",
        "/products/{product}/images/",
        "/staging/",
        "/admin/media_staging/stagedfile/",
        "/admin/media_staging/stagedfile/{file}/change/",
        "/admin/products/product/{product}/change/",
    ],
)
def test_every_page_is_there(product: Product, staff: Client, path: str) -> None:
    address = path.format(product=product.pk, file=files()[0].pk)
    assert staff.get(address).status_code == 200


def test_addresses_are_ours_and_show_the_local_copy(product: Product, client: Client) -> None:
    here, _there = files()
    assert here.url == here.thumbnail_url == here.local_url
    answer: Any = client.get(here.url)
    assert b"".join(answer.streaming_content) == jpeg(0)


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "cannot show the way"), ("tr", "yolunu şu anda gösteremiyor")],
)
def test_one_without_a_local_copy_is_not_reachable_in_words(
    product: Product, client: Client, staff: Client, language: str, words: str
) -> None:
    _here, there = files()
    chosen = {"Accept-Language": language}
    for address in (there.url, there.download_url):
        answer = client.get(address, headers=chosen)
        assert answer.status_code == 404
        assert "no-store" in answer["Cache-Control"]
        assert words in answer.content.decode()
        assert "s3://" not in answer.content.decode()
    assert "s3://shop/ at Amazon" in staff.get(there.url, headers=chosen).content.decode()


def test_the_reason_is_logged_once_and_told_to_machines(
    product: Product, staff: Client, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "media_staging")
    for _ in range(3):
        staff.get(f"/products/{product.pk}/")
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    told = record.getMessage()
    assert "cannot make addresses of files on s3: Unable to locate credentials" in told
    assert "Give the web processes the same keys" in told
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["notes"] == [told]


def test_a_process_that_has_shown_nothing_yet_tells_it_as_well(client: Client) -> None:
    (note,) = client.get("/readyz").json()["notes"]
    assert "Unable to locate credentials" in note


def test_keys_are_looked_for_once_in_a_while_and_not_for_each_picture(
    product: Product, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = []
    remote: Any = remotes.current()
    monkeypatch.setattr(remote.clients.session, "get_credentials", lambda: looks.append(clock.now))
    for _ in range(50):
        _ = files()[0].url
    assert len(looks) == 1
    clock.forward(seconds=61)
    _ = files()[0].url
    assert len(looks) == 2


def test_all_is_well_again_with_keys(
    product: Product,
    staff: Client,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "media_staging")
    address = f"/products/{product.pk}/images/"
    etag = staff.get(address)["ETag"]
    assert staff.get(address, headers={"If-None-Match": etag}).status_code == 304
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "k")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s")
    clock.forward(seconds=61)
    answer = staff.get(address, headers={"If-None-Match": etag})
    assert answer.status_code == 200
    for image in answer.json()["images"]:
        assert image["url"].startswith("https://shop.s3.eu-south-1.amazonaws.com/")
    assert staff.get("/readyz").json()["notes"] == []
    assert "can be made again" in caplog.text


def test_a_profile_that_is_missing_breaks_no_page(
    product: Product, staff: Client, settings: Any
) -> None:
    use(settings, {"bucket_name": "shop", "session_profile": "nobody"})
    StagedFile.objects.update(place=remotes.current().place)
    page = staff.get(f"/products/{product.pk}/")
    assert page.status_code == 200
    assert files()[0].local_url in page.content.decode()
    (note,) = staff.get("/readyz").json()["notes"]
    assert "nobody" in note


def test_public_addresses_need_no_keys(product: Product, client: Client, settings: Any) -> None:
    use(settings, {"bucket_name": "shop", "public_url": "https://cdn.example"})
    StagedFile.objects.update(place=remotes.current().place)
    _here, there = files()
    assert there.url == f"https://cdn.example/{there.key}"
    assert client.get("/readyz").json()["notes"] == []


WRONG: list[dict[str, Any]] = [
    {"endpoint_url": "minio:9000"},
    {"endpoint_url": ""},
    {"region_name": ""},
    {"public_endpoint_url": "s3.example.com"},
]


@pytest.mark.parametrize("options", WRONG, ids=str)
def test_options_that_nobody_checked_break_no_page(
    product: Product, staff: Client, settings: Any, options: dict[str, Any]
) -> None:
    keys = {"bucket_name": "shop", "access_key": "k", "secret_key": "s"}
    use(settings, {**keys, "region_name": "eu-south-1", **options})
    StagedFile.objects.update(place=remotes.current().place)
    assert files()[0].url == files()[0].local_url
    page = staff.get(f"/products/{product.pk}/")
    assert page.status_code == 200
    assert "img-src 'self'" in page["Content-Security-Policy"]
    answer = staff.get("/readyz")
    assert answer.status_code == 200
    (note,) = answer.json()["notes"]
    assert "Invalid endpoint" in note
    assert "`manage.py check`" in note


@pytest.mark.parametrize(
    "options",
    [{"location": None}, {"region_name": 5}, {"client_config": {"timeout": 1}}, {"TYPE": "s4"}],
    ids=str,
)
def test_options_of_which_no_remote_can_be_made_are_named_with_the_entry(
    settings: Any, options: dict[str, Any]
) -> None:
    use(settings, {"bucket_name": "shop", "region_name": "eu-south-1", **options})
    with pytest.raises(ImproperlyConfigured, match=r"REMOTES.*'s3'.*`manage.py check`"):
        remotes.current()


def test_a_defect_in_making_addresses_breaks_no_page_and_leaves_its_traceback(
    product: Product,
    staff: Client,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fails(*args: Any) -> str:
        raise AttributeError("a defect")

    monkeypatch.setattr(type(remotes.current()), "url", fails)
    for _ in range(2):
        assert files()[0].url == files()[0].local_url
    (record,) = caplog.records
    assert "AttributeError: a defect" in record.getMessage()
    assert record.exc_info
