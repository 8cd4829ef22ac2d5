"""Where browsers find the originals and their small pictures."""

from io import BytesIO
from urllib.request import Request, urlopen

import pytest
from cloudinary import uploader
from PIL import Image

from media_staging.remotes.cloudinary.remote import CloudinaryRemote
from tests.media_staging.photos import jpeg, photo
from tests.media_staging.remotes.samples import body, identity


def test_an_address_serves_the_bytes_with_their_type(remote: CloudinaryRemote) -> None:
    data = photo(2000)
    file = identity(data)
    with urlopen(remote.url(file.key, remote.upload(file, body(data)))) as answer:
        assert answer.read() == data
        assert answer.headers["Content-Type"] == "image/jpeg"


def test_an_address_names_the_version_so_that_no_cache_serves_another_picture(
    remote: CloudinaryRemote,
) -> None:
    data = photo(2000)
    file = identity(data)
    first = remote.upload(file, body(data))
    assert f"/v{first['version']}/" in remote.url(file.key, first)
    _type, public_id = remote.resource(file.key)
    uploader.upload(BytesIO(data), public_id=public_id, **remote.account.options())
    newer = remote.find(file)
    assert newer is not None
    assert remote.url(file.key, newer) != remote.url(file.key, first)


def test_in_production_addresses_are_cloudinarys_own() -> None:
    remote = CloudinaryRemote(cloud_name="shop", api_key="k", api_secret="s")
    data = {"version": 12, "format": "jpg", "resource_type": "image"}
    assert remote.url("photos/a.jpg", data) == (
        "https://res.cloudinary.com/shop/image/upload/v12/photos/a.jpg"
    )
    assert remote.url("files/a.bin", {"version": 12}) == (
        "https://res.cloudinary.com/shop/raw/upload/v12/files/a.bin"
    )
    assert remote.url_lifetime is None


def test_a_host_name_of_ones_own_is_the_base_of_all_addresses() -> None:
    remote = CloudinaryRemote(
        cloud_name="shop", api_key="k", api_secret="s", public_url="https://img.shop.example"
    )
    assert remote.url("photos/a.jpg", {"version": 12}) == (
        "https://img.shop.example/image/upload/v12/photos/a.jpg"
    )


@pytest.mark.parametrize("accept", ["image/avif,image/webp,*/*", "image/webp,*/*", "*/*"])
def test_a_small_picture_is_made_on_the_way_in_a_format_that_the_browser_shows(
    remote: CloudinaryRemote, accept: str
) -> None:
    data = jpeg(size=(1200, 800))
    file = identity(data)
    address = remote.thumbnail_url(file.key, remote.upload(file, body(data)), 320)
    assert "f_auto" in address
    assert "q_auto" in address
    with urlopen(Request(address, headers={"Accept": accept})) as answer:
        small = answer.read()
        assert answer.headers["Content-Type"] in (*accept.split(","), "image/jpeg")
    with Image.open(BytesIO(small)) as picture:
        assert picture.size == (320, 213)


def test_a_small_picture_is_never_larger_than_the_original(remote: CloudinaryRemote) -> None:
    data = jpeg(size=(100, 50))
    file = identity(data)
    address = remote.thumbnail_url(file.key, remote.upload(file, body(data)), 320)
    with urlopen(address) as answer, Image.open(BytesIO(answer.read())) as picture:
        assert picture.size == (100, 50)


def test_a_file_that_is_no_picture_has_no_small_one(remote: CloudinaryRemote) -> None:
    data = {"version": 3}
    assert remote.thumbnail_url("files/a.bin", data, 320) == remote.url("files/a.bin", data)


def test_nobody_who_is_named_before_the_host_gets_into_a_policy() -> None:
    account = {"cloud_name": "shop", "api_key": "1", "api_secret": "s"}
    remote = CloudinaryRemote(**account, public_url="https://user:secret@cdn.example/shop")
    assert remote.origins == ["https://cdn.example"]
