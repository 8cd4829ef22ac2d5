"""The local Cloudinary, as Cloudinary's own SDK sees it."""

import hashlib
import time
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from cloudinary import api, exceptions, uploader, utils
from PIL import Image

from dev.cloudinary.local import LocalCloudinary
from tests.media_staging.photos import jpeg, photo

LARGE = 11_000_000


@pytest.fixture(scope="module")
def server() -> Iterator[LocalCloudinary]:
    with LocalCloudinary() as server:
        yield server


def account(server: LocalCloudinary, **changes: str) -> dict[str, Any]:
    options = {**server.options, **changes}
    del options["public_url"]
    return options


@pytest.fixture
def options(server: LocalCloudinary) -> dict[str, Any]:
    return account(server)


def test_an_upload_answers_with_the_fields_of_the_documentation(options: dict[str, Any]) -> None:
    data = jpeg(size=(40, 30))
    answer = uploader.upload(BytesIO(data), public_id="docs/fields", **options)
    assert answer["public_id"] == "docs/fields"
    assert answer["etag"] == hashlib.md5(data, usedforsecurity=False).hexdigest()
    assert (answer["bytes"], answer["width"], answer["height"]) == (len(data), 40, 30)
    assert (answer["format"], answer["resource_type"], answer["type"]) == ("jpg", "image", "upload")
    assert abs(answer["version"] - time.time()) < 60
    signed = {"public_id": answer["public_id"], "version": answer["version"]}
    secret = options["api_secret"]
    assert answer["signature"] == utils.api_sign_request(signed, secret, signature_version=1)
    assert {"asset_id", "version_id", "created_at", "tags", "placeholder", "url"} <= set(answer)
    assert "existing" not in answer


def test_without_overwriting_the_asset_that_is_there_is_the_answer(options: dict[str, Any]) -> None:
    first = uploader.upload(BytesIO(photo(2000)), public_id="docs/kept", **options)
    again = uploader.upload(BytesIO(photo(2000)), public_id="docs/kept", overwrite=False, **options)
    assert again["existing"] is True
    assert (again["etag"], again["version"]) == (first["etag"], first["version"])


def test_an_overwritten_asset_has_a_newer_version(options: dict[str, Any]) -> None:
    first, second = (
        uploader.upload(BytesIO(photo(2000)), public_id="docs/over", **options) for _ in range(2)
    )
    assert second["version"] > first["version"]


@pytest.mark.parametrize("kind", ["image", "raw"])
def test_a_file_in_chunks_is_one_asset(options: dict[str, Any], kind: str) -> None:
    data = photo(LARGE)
    answer = uploader.upload_large(
        BytesIO(data),
        public_id=f"docs/chunks-{kind}",
        chunk_size=6_000_000,
        resource_type=kind,
        **options,
    )
    assert answer["done"] is True
    assert answer["bytes"] == LARGE
    assert answer["etag"] == hashlib.md5(data, usedforsecurity=False).hexdigest()


def test_chunks_must_not_be_small(options: dict[str, Any]) -> None:
    with pytest.raises(exceptions.BadRequest, match="All parts except EOF-chunk"):
        uploader.upload_large(
            BytesIO(photo(LARGE)), chunk_size=1_000_000, resource_type="raw", **options
        )


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"api_secret": "wrong"}, "Invalid Signature"),
        ({"api_key": "1"}, "Invalid api_key 1"),
        ({"cloud_name": "nobodys"}, "Invalid cloud_name nobodys"),
    ],
    ids=str,
)
def test_uploads_of_a_wrong_account_are_turned_away(
    server: LocalCloudinary, wrong: dict[str, str], words: str
) -> None:
    with pytest.raises(exceptions.AuthorizationRequired, match=words):
        uploader.upload(BytesIO(photo(2000)), **account(server, **wrong))


def test_an_old_timestamp_is_stale(options: dict[str, Any]) -> None:
    params = utils.sign_request({"timestamp": int(time.time()) - 4000, "public_id": "x"}, options)
    with pytest.raises(exceptions.BadRequest, match="Stale request"):
        uploader.call_api("destroy", params, unsigned=True, **options)


def test_what_is_no_picture_is_no_image(options: dict[str, Any]) -> None:
    with pytest.raises(exceptions.BadRequest, match="Invalid image file"):
        uploader.upload(BytesIO(b"noise"), **options)
    assert uploader.upload(BytesIO(b"noise"), resource_type="raw", **options)["bytes"] == 5


def test_explicit_answers_like_an_upload_and_is_no_call_of_the_admin_api(
    server: LocalCloudinary, options: dict[str, Any]
) -> None:
    first = uploader.upload(
        BytesIO(b"noise"),
        public_id="docs/asked",
        resource_type="raw",
        context={"a": "1"},
        **options,
    )
    server.limit_admin(0)
    try:
        asked = uploader.explicit("docs/asked", type="upload", resource_type="raw", **options)
    finally:
        server.limit_admin(2000)
    for name in ("public_id", "version", "signature", "etag", "bytes", "context"):
        assert asked[name] == first[name]


def test_explicit_replaces_what_is_noted_and_leaves_the_bytes(options: dict[str, Any]) -> None:
    data = photo(2000)
    first = uploader.upload(BytesIO(data), public_id="docs/noted", context={"a": "1"}, **options)
    context = {"b": "2=|3", "c": "x/y"}
    changed = uploader.explicit("docs/noted", type="upload", context=context, **options)
    assert changed["context"] == {"custom": context}
    assert (changed["version"], changed["etag"]) == (first["version"], first["etag"])
    assert api.resource("docs/noted", **options)["context"] == {"custom": context}


def test_explicit_of_what_is_not_there_is_not_found(options: dict[str, Any]) -> None:
    with pytest.raises(exceptions.NotFound, match="Resource not found - docs/unknown"):
        uploader.explicit("docs/unknown", type="upload", **options)
    with pytest.raises(exceptions.BadRequest, match="Missing required parameter - type"):
        uploader.explicit("docs/unknown", **options)


def test_explicit_of_a_wrong_account_is_turned_away(server: LocalCloudinary) -> None:
    with pytest.raises(exceptions.AuthorizationRequired, match="Invalid Signature"):
        uploader.explicit("docs/asked", type="upload", **account(server, api_secret="wrong"))


def test_a_listing_has_the_context_only_when_it_is_asked_for(options: dict[str, Any]) -> None:
    uploader.upload(BytesIO(photo(2000)), public_id="context/a", context={"a": "1"}, **options)
    for asked, context in ((True, {"custom": {"a": "1"}}), (False, None)):
        page = api.resources(type="upload", prefix="context/", context=asked, **options)
        (listed,) = page["resources"]
        assert listed.get("context") == context
        assert "etag" not in listed


def test_destroying_twice_is_no_error(options: dict[str, Any]) -> None:
    uploader.upload(BytesIO(photo(2000)), public_id="docs/gone", **options)
    assert uploader.destroy("docs/gone", invalidate=True, **options)["result"] == "ok"
    assert uploader.destroy("docs/gone", **options)["result"] == "not found"


def test_the_admin_api_knows_one_asset_and_counts_its_calls(options: dict[str, Any]) -> None:
    uploader.upload(
        BytesIO(photo(2000)), public_id="docs/known", context={"sha256": "abc"}, **options
    )
    first = api.resource("docs/known", **options)
    assert first["bytes"] == 2000
    assert first["context"] == {"custom": {"sha256": "abc"}}
    second = api.resource("docs/known", **options)
    assert second.rate_limit_allowed == 2000
    assert second.rate_limit_remaining == first.rate_limit_remaining - 1
    with pytest.raises(exceptions.NotFound, match="Resource not found - docs/unknown"):
        api.resource("docs/unknown", **options)


def test_the_admin_api_lists_by_prefix_page_by_page(options: dict[str, Any]) -> None:
    for number in range(5):
        uploader.upload(BytesIO(photo(1500)), public_id=f"pages/{number}", **options)
    listed, cursor = [], {}
    for _ in range(3):
        page = api.resources(type="upload", prefix="pages/", max_results=2, **cursor, **options)
        listed += [each["public_id"] for each in page["resources"]]
        cursor = {"next_cursor": page.get("next_cursor")}
    assert listed == [f"pages/{number}" for number in range(5)]
    assert cursor == {"next_cursor": None}


@pytest.mark.parametrize("wrong", [{"api_secret": "wrong"}, {"api_key": "1"}], ids=str)
def test_the_admin_api_asks_for_a_login(server: LocalCloudinary, wrong: dict[str, str]) -> None:
    with pytest.raises(exceptions.AuthorizationRequired):
        api.resources(**account(server, **wrong))


def test_a_used_up_allowance_is_420(server: LocalCloudinary, options: dict[str, Any]) -> None:
    server.limit_admin(1)
    try:
        api.ping(**options)
        with pytest.raises(exceptions.RateLimited, match="Rate Limit Exceeded"):
            api.ping(**options)
    finally:
        server.limit_admin(2000)


def delivered(server: LocalCloudinary, path: str) -> Image.Image:
    with urlopen(f"{server.options['public_url']}/image/upload/{path}") as answer:
        return Image.open(BytesIO(answer.read()))


@pytest.mark.parametrize(
    ("words", "size", "kind"),
    [
        ("c_limit,w_100", (100, 50), "JPEG"),
        ("c_limit,w_1000", (400, 200), "JPEG"),
        ("c_scale,w_100", (100, 50), "JPEG"),
        ("c_fill,h_100,w_100", (100, 100), "JPEG"),
        ("f_webp,q_50", (400, 200), "WEBP"),
        ("f_png", (400, 200), "PNG"),
    ],
)
def test_pictures_are_made_by_the_words_of_their_address(
    server: LocalCloudinary, options: dict[str, Any], words: str, size: tuple[int, int], kind: str
) -> None:
    uploader.upload(BytesIO(jpeg(size=(400, 200))), public_id="docs/wide", **options)
    made = delivered(server, f"{words}/v1/docs/wide.jpg")
    assert (made.size, made.format) == (size, kind)


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("v1/docs/unknown.jpg", 404, "Resource not found - docs/unknown.jpg"),
        ("zz_1/v1/docs/wide.jpg", 400, "Invalid transformation component - zz_1"),
        ("s--AAAAAAAA--/w_10/v1/docs/wide.jpg", 401, "Invalid signature AAAAAAAA"),
    ],
)
def test_delivery_says_in_a_header_what_is_wrong(
    server: LocalCloudinary, options: dict[str, Any], path: str, status: int, words: str
) -> None:
    uploader.upload(BytesIO(jpeg(size=(400, 200))), public_id="docs/wide", **options)
    with pytest.raises(HTTPError) as refused:
        delivered(server, path)
    assert refused.value.code == status
    assert refused.value.headers["X-Cld-Error"] == words


def test_assets_survive_a_kill(tmp_path: Path) -> None:
    server = LocalCloudinary(tmp_path)
    with server:
        uploader.upload(BytesIO(photo(2000)), public_id="docs/kept", **account(server))
        server.kill()
        server.start()
        assert api.resource("docs/kept", **account(server))["bytes"] == 2000


def test_the_environment_names_the_variables_of_the_settings(server: LocalCloudinary) -> None:
    assert set(server.env()) == {
        "CLOUDINARY_URL",
        "CLOUDINARY_UPLOAD_PREFIX",
        "CLOUDINARY_PUBLIC_URL",
    }
