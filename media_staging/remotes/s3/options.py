"""What becomes of each option of S3Storage: used, sent with the objects, or refused in words.

None is dropped in silence. A test walks over all options of the installed S3Storage.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import botocore
from botocore.auth import AUTH_TYPE_MAPS
from botocore.exceptions import BotoCoreError
from storages.backends.s3 import S3Storage

from media_staging.remotes.base import Problem
from media_staging.remotes.s3.clients import Clients, prepared

CLOUDFRONT = {"cloudfront_key_id", "cloudfront_key", "cloudfront_signer"}
USED = {
    *("access_key", "secret_key", "security_token", "session_profile"),
    *("bucket_name", "location", "object_parameters", "default_acl"),
    *("endpoint_url", "region_name", "use_ssl", "verify", "proxies"),
    *("addressing_style", "signature_version", "client_config"),
    *("querystring_auth", "querystring_expire", "custom_domain", "url_protocol"),
    *CLOUDFRONT,
}
# What it may only be, and why. S3Storage's own default has no effect either.
UNUSED: dict[str, tuple[Any, str]] = {
    "file_overwrite": (
        True,
        "every file has a key of its own, which no other file ever gets",
    ),
    "gzip": (False, "files are stored byte for byte as they are; a CDN can compress them"),
    "gzip_content_types": (None, "files are stored byte for byte as they are"),
    "file_name_charset": ("utf-8", "keys are made of ASCII letters and digits"),
    "max_memory_size": (0, "files are streamed and never held in memory"),
    "use_threads": (
        True,
        "MEDIA_STAGING['TRANSFER_CONCURRENCY'] says how many uploads run at once",
    ),
    "transfer_config": (
        None,
        "MEDIA_STAGING['TRANSFER_CONCURRENCY'] says how many uploads run at once, and the size of "
        "parts follows from the file's",
    ),
}
KNOWN = USED | set(UNUSED)
# Settings of a project that are about its other storages as well.
CHANGED_BY = {
    "file_overwrite": "AWS_S3_FILE_OVERWRITE",
    "gzip": "AWS_IS_GZIPPED",
    "max_memory_size": "AWS_S3_MAX_MEMORY_SIZE",
    "use_threads": "AWS_S3_USE_THREADS",
    "transfer_config": "AWS_S3_TRANSFER_CONFIG",
}
# Of `object_parameters`: sent with each object.
SENT = {
    *("ACL", "GrantFullControl", "GrantRead", "GrantReadACP", "GrantWriteACP"),
    *("CacheControl", "ContentDisposition", "ContentLanguage", "Expires", "Metadata", "Tagging"),
    *("ServerSideEncryption", "SSEKMSKeyId", "SSEKMSEncryptionContext", "BucketKeyEnabled"),
    *("StorageClass", "WebsiteRedirectLocation", "ExpectedBucketOwner"),
    *("ObjectLockMode", "ObjectLockRetainUntilDate", "ObjectLockLegalHoldStatus"),
}
NOT_SENT = {
    "ContentType": "the type is told from the bytes, never from settings",
    "ContentEncoding": "files are stored byte for byte as they are",
    "SSECustomerAlgorithm": "no browser can send the key along; use SSEKMSKeyId",
    "SSECustomerKey": "no browser can send the key along; use SSEKMSKeyId",
    "SSECustomerKeyMD5": "no browser can send the key along; use SSEKMSKeyId",
    "RequestPayer": "browsers fetch the pictures; have the owner of the bucket pay",
    "ChecksumAlgorithm": "every upload is sent with its SHA-256 anyway",
}
# From there an object has to be restored for hours before anybody can read it.
OUT_OF_REACH = {"GLACIER", "DEEP_ARCHIVE"}
OUR_NOTES = {"sha256", "size", "mark"}
IMMUTABLE = "public, max-age=31536000, immutable"
# The longest that S3 takes for a signature of version 4.
LONGEST_SIGNATURE = 7 * 24 * 3600


class ObjectParameters:
    """What the settings want with every object, as each of boto3's operations takes it."""

    def __init__(self, storage: S3Storage, client: Any) -> None:
        acl = {"ACL": storage.default_acl} if storage.default_acl else {}
        self._given = {"CacheControl": IMMUTABLE, **acl, **storage.object_parameters}
        self._client = client
        self._of: dict[str, dict[str, Any]] = {}

    @property
    def notes(self) -> dict[str, str]:
        """Their part of an object's metadata."""
        return {name.lower(): value for name, value in self._given.get("Metadata", {}).items()}

    def of(self, operation: str) -> dict[str, Any]:
        """Those that an operation like "put_object" knows."""
        if operation not in self._of:
            meta = self._client.meta
            model = meta.service_model.operation_model(meta.method_to_api_mapping[operation])
            known = model.input_shape.members
            self._of[operation] = {
                name: value for name, value in self._given.items() if name in known
            }
        return self._of[operation]


def problems(
    storage: S3Storage, given: Mapping[str, Any], *, public_url: str, public_endpoint_url: str
) -> Iterator[Problem]:
    """What of the options cannot work or has no effect. `given` are those of the entry itself;
    others come from the project's AWS_* settings."""
    if not storage.bucket_name:
        yield Problem("bucket_name", "is missing", "Name the bucket.")
        return
    found = [
        *without_effect(storage, given),
        *of_objects(storage.object_parameters),
        *of_addresses(storage, given, public_url, public_endpoint_url),
        *of_connections(storage, given),
    ]
    yield from found
    if not found and set(given) & {"object_parameters", "default_acl", "client_config"}:
        yield from refused_by_botocore(storage)


def without_effect(storage: S3Storage, given: Mapping[str, Any]) -> Iterator[Problem]:
    defaults = storage.get_default_settings()
    for name in sorted(set(given) - KNOWN):
        yield Problem(name, "is not known to this version of media_staging", "Leave it out.")
    for name, (neutral, why) in UNUSED.items():
        if name in given and given[name] not in (neutral, defaults.get(name)):
            yield Problem(name, f"has no effect here: {why}", "Leave it out.")
        elif name not in given and name in CHANGED_BY and defaults.get(name) != neutral:
            yield Problem(
                name,
                f"has no effect here though {CHANGED_BY[name]} is set: {why}",
                f"Say {name!r}: {neutral!r} in the entry, or silence this warning.",
                is_error=False,
            )


def of_objects(parameters: Any) -> Iterator[Problem]:
    option = "object_parameters"
    if not isinstance(parameters, Mapping):
        yield Problem(option, "is not a dict", 'Write it like {"StorageClass": "STANDARD_IA"}.')
        return
    for name in sorted(set(parameters) - SENT):
        why = NOT_SENT.get(name, "it is none that may be the same for all files")
        yield Problem(option, f"has {name!r}, which is not sent: {why}", f"Leave {name!r} out.")
    if parameters.get("StorageClass") in OUT_OF_REACH:
        yield Problem(
            option,
            f"has the StorageClass {parameters['StorageClass']}, which shows no picture",
            "Use STANDARD_IA, INTELLIGENT_TIERING or GLACIER_IR.",
        )
    notes = parameters.get("Metadata", {})
    if not isinstance(notes, Mapping) or not all(
        isinstance(word, str) and word.isascii() for note in notes.items() for word in note
    ):
        yield Problem(option, "has Metadata that is not text in ASCII", 'Write {"shop": "north"}.')
    elif taken := OUR_NOTES & {name.lower() for name in notes}:
        yield Problem(
            option,
            f"has the Metadata {', '.join(sorted(taken))}, which each file notes for itself",
            "Call yours something else.",
        )
    for name, value in parameters.items():
        if isinstance(value, str) and not value.isascii():
            yield Problem(
                option, f"has {name!r} with letters that no header can carry", "Use ASCII."
            )


def of_addresses(
    storage: S3Storage, given: Mapping[str, Any], public_url: str, public_endpoint_url: str
) -> Iterator[Problem]:
    signs_for_cloudfront = bool(storage.cloudfront_signer)
    public = "public_url" if public_url else "custom_domain" if storage.custom_domain else ""
    if public_url and storage.custom_domain:
        yield Problem(
            "custom_domain",
            "has no effect beside public_url",
            "Say one of them.",
            is_error="custom_domain" in given,
        )
    if public and public_endpoint_url:
        yield Problem("public_endpoint_url", f"has no effect beside {public}", "Say one of them.")
    if signs_for_cloudfront and (public_url or not storage.custom_domain):
        yield Problem(
            "cloudfront_key",
            "has no effect without custom_domain",
            "Name CloudFront's host there.",
            is_error=bool(CLOUDFRONT & set(given)),
        )
    elif signs_for_cloudfront and not storage.querystring_auth:
        yield Problem(
            "cloudfront_key",
            "has no effect with querystring_auth=False",
            "Say one of them.",
            is_error=bool(CLOUDFRONT & set(given)),
        )
    if "//" in (storage.custom_domain or ""):
        yield Problem("custom_domain", "is not a host name", "Leave its https:// out.")
    if storage.url_protocol not in ("http:", "https:"):
        yield Problem("url_protocol", "is neither 'http:' nor 'https:'", "Say one of these two.")
    elif "url_protocol" in given and not storage.custom_domain:
        yield Problem("url_protocol", "has no effect without custom_domain", "Leave it out.")
    seconds = storage.querystring_expire
    if isinstance(seconds, bool) or not isinstance(seconds, int) or seconds < 1:
        yield Problem(
            "querystring_expire", "is no whole number of seconds", "Say 3600, for example."
        )
    elif not signs_for_cloudfront and seconds > LONGEST_SIGNATURE:
        yield Problem(
            "querystring_expire", "is longer than S3 takes, which is a week", "Say 604800 at most."
        )
    elif "querystring_expire" in given and public and not signs_for_cloudfront:
        yield Problem(
            "querystring_expire",
            f"has no effect: {public} makes addresses that never end",
            "Leave it out.",
        )


def of_connections(storage: S3Storage, given: Mapping[str, Any]) -> Iterator[Problem]:
    if given.get("client_config") is not None:
        for name in ("addressing_style", "signature_version", "proxies"):
            if given.get(name) is not None:
                yield Problem(
                    name, "has no effect beside client_config", "Say it in client_config."
                )
    if storage.client_config.retries is not None:
        yield Problem(
            "client_config",
            "has retries, which have no effect: tries are counted in the database",
            "Leave them out.",
        )
    version = storage.client_config.signature_version
    if version not in (None, botocore.UNSIGNED) and version not in AUTH_TYPE_MAPS:
        yield Problem(
            "signature_version",
            f"{version!r} is not known to botocore here",
            "Use 's3v4'; 's3v4a' needs `pip install awscrt`.",
        )
    if storage.proxies is not None and not isinstance(storage.proxies, Mapping):
        yield Problem("proxies", "is not a dict", 'Write it like {"https": "http://proxy:3128"}.')
    if not storage.use_ssl and str(storage.endpoint_url or "").startswith("https:"):
        yield Problem(
            "use_ssl", "has no effect beside an endpoint_url with https", "Say http there."
        )


def refused_by_botocore(storage: S3Storage) -> Iterator[Problem]:
    """What botocore says to an upload with these parameters to this address."""
    try:
        client = Clients(storage, "").client
        parameters = ObjectParameters(storage, client).of("put_object")
        prepared(client, "put_object", Bucket=storage.bucket_name, Key="k", Body=b"", **parameters)
    except BotoCoreError as error:
        words = str(error).replace("\n", " ")
        yield Problem("object_parameters, client_config", f"do not work: {words}", "Change them.")
