"""No request talks to the remote, whatever it asks for."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from dev.ports import free_port
from dev.proxies.tcp import DelayProxy
from media_staging.area import staging
from products.models import Product
from tests.products.shop import (
    add_photos,
    change_file,
    delete,
    images_url,
    photo,
    reorder,
    restore,
)


@pytest.fixture
def silent_remote(settings: Any) -> Iterator[DelayProxy]:
    """An address that counts who comes and never answers."""
    with DelayProxy("127.0.0.1", free_port()) as proxy:
        proxy.black_hole()
        s3 = {
            "bucket_name": "media",
            "endpoint_url": f"http://{proxy.address}",
            "access_key": "key",
            "secret_key": "secret",
            "region_name": "us-east-1",
        }
        settings.MEDIA_STAGING = {
            **settings.MEDIA_STAGING,
            "REMOTE": "s3",
            "REMOTES": {"s3": s3},
        }
        yield proxy


@pytest.mark.django_db(transaction=True)
def test_no_page_and_no_answer_needs_the_remote(
    staff: Client, product: Product, silent_remote: DelayProxy
) -> None:
    first, second, third = add_photos(staff, product, "a", "b", "c")
    evicted = change_file(first, status="synced", remote="s3", due_at=None)
    change_file(second, status="failed", due_at=None, error_code="remote_refused")
    staging.path(evicted.key).unlink()
    answers = [
        staff.get("/products/"),
        staff.get(f"/products/{product.pk}/"),
        staff.get(images_url(product)),
        staff.get("/staging/"),
        staff.get("/metrics"),
        staff.get("/readyz"),
        staff.get(evicted.local_url),
        reorder(staff, product, [third, second, first]),
        staff.post(f"/products/images/{second}/retry/"),
        staff.post(f"/products/images/{first}/replace/", {"image": photo("d")}),
        delete(staff, third),
        restore(staff, third),
        staff.post(f"/products/{product.pk}/delete/"),
    ]
    assert {answer.status_code for answer in answers} <= {200, 302}
    assert silent_remote.traffic().accepted == 0
