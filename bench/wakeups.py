"""How soon an idle consumer has a photo on the remote: from the answer to the flip."""

import random
import sqlite3
import time
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from bench.photos import photo
from bench.site import Form, Web, production
from bench.table import Row, ms, p50, p95
from dev.processes import wait_for
from dev.servers.seaweedfs import SeaweedFS
from dev.servers.valkey import Valkey

ROUNDS = 25
WARM_UP = 5
SYNC_SECONDS = 90.0
MOST_SECONDS_MORE = 0.1

STATUS = """
    SELECT status FROM media_staging_stagedfile
    WHERE id = (SELECT file_id FROM products_productimage WHERE id = ?)
"""


def wake_up(folder: Path) -> list[Row]:
    with ExitStack() as stack:
        s3 = stack.enter_context(SeaweedFS(folder / "s3"))
        redis = stack.enter_context(Valkey())
        remote = {**s3.env(), "MEDIA_REMOTE": "s3", "REDIS_URL": redis.url}
        shop = stack.enter_context(Web(production(folder / "ours", **remote)))
        shop.start_consumer()
        database = stack.enter_context(shop.database())
        synced, put = measure(shop, s3, database)
    more = p50(synced) - p50(put)
    return [
        Row(
            "idle consumer, Redis: answer to synced, one photo, p50",
            "one bare PUT of the photo",
            f"{ms(p50(synced))} (p95 {ms(p95(synced))}) / {ms(p50(put))} = PUT + {ms(more)}",
            "at most PUT + 100 ms",
            met=more <= MOST_SECONDS_MORE,
        )
    ]


def measure(
    shop: Web, s3: SeaweedFS, database: sqlite3.Connection
) -> tuple[list[float], list[float]]:
    bucket = s3_client(s3)
    client = shop.client()
    client.save_product(Form(photos=1))
    product_id = database.execute("SELECT max(id) FROM products_product").fetchone()[0]
    synced: list[float] = []
    put: list[float] = []
    for number in range(WARM_UP + ROUNDS):
        # The consumer goes back to sleep, and is woken at any point of its sleep.
        time.sleep(random.uniform(0.3, 0.5))
        image_id = client.add_photo(product_id)
        answered = time.perf_counter()
        if not wait_for(partial(is_synced, database, image_id), SYNC_SECONDS, 0.001):
            raise RuntimeError("the photo was not transferred")
        landed = time.perf_counter()
        data = photo()
        began = time.perf_counter()
        bucket.put_object(Bucket=s3.bucket, Key=f"bare-{number}", Body=data)
        ended = time.perf_counter()
        if number >= WARM_UP:
            synced.append(landed - answered)
            put.append(ended - began)
    return synced, put


def is_synced(database: sqlite3.Connection, image_id: int) -> bool:
    return bool(database.execute(STATUS, [image_id]).fetchone() == ("synced",))


def s3_client(s3: SeaweedFS) -> Any:
    env = s3.env()
    return boto3.client(
        "s3",
        endpoint_url=s3.endpoint_url,
        region_name=env["S3_REGION"],
        aws_access_key_id=s3.access_key,
        aws_secret_access_key=s3.secret_key,
        config=Config(s3={"addressing_style": "path"}),
    )
