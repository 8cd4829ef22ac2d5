"""An unchanged answer about images is one as long as the addresses in it work."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from botocore.credentials import RefreshableCredentials
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.test import Client

from media_staging import remotes
from media_staging.models import StagedFile
from products.models import Product
from tests.conftest import Clock
from tests.products.shop import add_photos, images_url

pytestmark = pytest.mark.django_db
NOON = datetime(2030, 1, 1, 12, 0, tzinfo=UTC)
S3 = {"bucket_name": "shop", "region_name": "eu-south-1", "querystring_expire": 4000}


@pytest.fixture(autouse=True)
def synced(staff: Client, product: Product, clock: Clock) -> None:
    add_photos(staff, product, "mug.jpg")
    clock.now = NOON


def use(settings: Any, **options: Any) -> None:
    chosen = {"REMOTE": "s3", "REMOTES": {"s3": {**S3, **options}}}
    settings.MEDIA_STAGING = {**settings.MEDIA_STAGING, **chosen}
    place = remotes.current().place
    StagedFile.objects.update(status="synced", remote="s3", place=place, due_at=None)


def seconds_left(address: str, clock: Clock) -> float:
    """How long it works by what it says itself."""
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    if "Expires" in asked:
        return int(asked["Expires"]) - clock.now.timestamp()
    signed_at = datetime.strptime(asked["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    end = signed_at + timedelta(seconds=int(asked["X-Amz-Expires"]))
    if "X-Amz-Security-Token" in asked:
        told = base64.b64decode(asked["X-Amz-Security-Token"]).decode()
        end = min(end, datetime.fromisoformat(told))
    return (end - clock.now).total_seconds()


def keys_of_a_role(clock: Clock) -> RefreshableCredentials:
    """For an hour; the token says when they end."""

    def renewed() -> dict[str, str]:
        end = (clock.now + timedelta(hours=1)).isoformat()
        token = base64.b64encode(end.encode()).decode()
        return {"access_key": "k", "secret_key": "s", "token": token, "expiry_time": end}

    found = RefreshableCredentials.create_from_metadata(renewed(), renewed, "test")
    found._time_fetcher = lambda: clock.now
    return found


@pytest.mark.parametrize("signed_by", ["keys", "role", "cloudfront"])
def test_no_304_leaves_a_page_with_addresses_that_end_soon(
    staff: Client, product: Product, settings: Any, clock: Clock, signed_by: str
) -> None:
    if signed_by == "cloudfront":
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        use(
            settings,
            custom_domain="d1.cloudfront.net",
            cloudfront_key_id="K1",
            cloudfront_key=key.decode(),
        )
    else:
        use(settings, access_key="k", secret_key="s")
    if signed_by == "role":
        remote: Any = remotes.current()
        remote.clients.session._session._credentials = keys_of_a_role(clock)

    answer = staff.get(images_url(product))
    unchanged, changed = 0, 0
    for _ in range(40):
        clock.forward(seconds=250)
        again = staff.get(images_url(product), headers={"If-None-Match": answer["ETag"]})
        if again.status_code == 304:
            unchanged += 1
        else:
            changed += 1
            answer = again
        (image,) = answer.json()["images"]
        assert seconds_left(image["url"], clock) >= 600
        redirect = staff.get(f"/media/{StagedFile.objects.get().key}")
        if redirect.status_code == 302:
            kept = int(redirect["Cache-Control"].rpartition("=")[2])
            assert kept <= seconds_left(redirect["Location"], clock)
    assert unchanged > 20
    assert changed > 5
