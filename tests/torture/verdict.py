"""After the fire: what was lost, what is there twice, what dangles, what is left over."""

import hashlib
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import boto3

from dev.servers.seaweedfs import SeaweedFS
from media_staging.remotes.base import PREFIX_MARK
from tests.support.site import Site
from tests.torture.witness import Book

READERS = 8
THUMBNAILS = "thumbnails/"
NO_GRACE = {"ORPHAN_GRACE_SECONDS": "0"}
ROWS = """
    SELECT image.id, file.key, file.sha256, file.status FROM products_productimage image
    JOIN media_staging_stagedfile file ON file.id = image.file_id
"""


@dataclass
class Verdict:
    """Every list is empty when all is well."""

    stored: int = 0
    lost: list[str] = field(default_factory=list)
    duplicates: list[str] = field(default_factory=list)
    left_over: list[str] = field(default_factory=list)
    differences: dict[str, Any] = field(default_factory=dict)

    @property
    def is_clean(self) -> bool:
        return not (self.lost or self.duplicates or self.left_over or self.differences)


def judge(site: Site, s3: SeaweedFS, book: Book) -> Verdict:
    """Compare the promises with rows and objects, byte for byte. No transfer may be under way."""
    site.json("staging_cleanup", **NO_GRACE)
    found = site.json("staging_verify", "--checksums", **NO_GRACE)
    checked = found.pop("checked")
    verdict = Verdict(stored=checked)
    verdict.differences = {name: keys for name, keys in found.items() if keys}
    rows = {image: (key, sha256, status) for image, key, sha256, status in site.rows(ROWS)}
    objects, unfinished = stored_objects(s3)
    keys_by_hash = defaultdict(list)
    for key, digest in objects.items():
        # Pictures that differ may be the same when made small.
        if not key.startswith(THUMBNAILS):
            keys_by_hash[digest].append(key)
    for each in book.promises:
        key, sha256, status = rows.get(each.image, ("", "", "no row"))
        if sha256 != each.sha256 or status != "synced" or objects.get(key) != each.sha256:
            verdict.lost.append(f"image {each.image}: {status} {key}")
    verdict.duplicates = [str(keys) for keys in keys_by_hash.values() if len(keys) > 1]
    known = {key for (key,) in site.rows("SELECT key FROM media_staging_stagedfile")}
    files = site.var_dir / "staging" / "files"
    local = {str(path.relative_to(files)) for path in files.rglob("*") if path.is_file()}
    parts = [path.name for path in (site.var_dir / "staging" / "incoming").iterdir()]
    verdict.left_over = [*(set(objects) - known), *(local - known), *parts, *unfinished]
    return verdict


def stored_objects(s3: SeaweedFS) -> tuple[dict[str, str], list[str]]:
    """The hash of every object by its key, and the uploads in parts that were never finished."""
    env = s3.env()
    client = boto3.client(
        "s3",
        endpoint_url=env["S3_ENDPOINT_URL"],
        region_name=env["S3_REGION"],
        aws_access_key_id=env["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=env["AWS_SECRET_ACCESS_KEY"],
    )
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=s3.bucket)
    found = [each["Key"] for page in pages for each in page.get("Contents", [])]
    keys = [key for key in found if key != PREFIX_MARK]

    def hash_of(key: str) -> str:
        body = client.get_object(Bucket=s3.bucket, Key=key)["Body"]
        return hashlib.sha256(body.read()).hexdigest()

    with ThreadPoolExecutor(READERS) as readers:
        hashes = dict(zip(keys, readers.map(hash_of, keys), strict=True))
    unfinished = client.list_multipart_uploads(Bucket=s3.bucket).get("Uploads", [])
    return hashes, [f"unfinished upload of {each['Key']}" for each in unfinished]
