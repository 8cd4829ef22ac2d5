"""What of S3's options has no effect here, or speaks against another one."""

from collections.abc import Iterator, Mapping
from typing import Any

import botocore
from botocore.auth import AUTH_TYPE_MAPS
from botocore.exceptions import ParamValidationError
from botocore.handlers import validate_bucket_name
from django.conf import settings
from storages.backends.s3 import S3Storage

from media_staging.remotes.base import Problem
from media_staging.remotes.values import setting_of

CLOUDFRONT = {"cloudfront_key_id", "cloudfront_key", "cloudfront_signer"}
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
# The longest that S3 takes for a signature of version 4.
LONGEST_SIGNATURE = 7 * 24 * 3600


def without_effect(storage: S3Storage, given: Mapping[str, Any]) -> Iterator[Problem]:
    defaults = storage.get_default_settings()
    for name, (neutral, why) in UNUSED.items():
        setting = setting_of("s3", name)
        if name in given:
            if given[name] not in (neutral, defaults[name]):
                yield Problem(name, f"has no effect here: {why}", "Leave it out.")
        elif setting and getattr(settings, setting) != neutral:
            yield Problem(
                name,
                f"has no effect here: {why}",
                f"Let it be {neutral!r}.",
                is_error=False,
            )


def of_the_bucket(storage: S3Storage) -> Iterator[Problem]:
    try:
        validate_bucket_name({"Bucket": storage.bucket_name})
    except ParamValidationError:
        yield Problem(
            "bucket_name",
            f"is {storage.bucket_name!r}, which no bucket can be called",
            "Write its name alone (or its ARN); location says a prefix, endpoint_url the server.",
        )
    keys = [name for name in ("access_key", "secret_key") if getattr(storage, name)]
    if len(keys) == 1 or (storage.security_token and not keys):
        missing = ({"access_key", "secret_key"} - {*keys}).pop()
        yield Problem(
            missing,
            f"is missing beside {keys[0] if keys else 'security_token'}",
            "Say access_key and secret_key, or none of them for the keys of a role or profile.",
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
    if given.get("client_config", getattr(settings, "AWS_S3_CLIENT_CONFIG", None)) is not None:
        for name in ("addressing_style", "signature_version", "proxies"):
            if getattr(storage, name) is not None:
                yield Problem(
                    name,
                    "has no effect beside client_config",
                    "Say it in client_config.",
                    is_error=name in given,
                )
    if storage.client_config.retries is not None:
        yield Problem(
            "client_config",
            "has retries, which have no effect: tries are counted in the database",
            "Leave them out.",
            is_error="client_config" in given,
        )
    version = storage.client_config.signature_version
    if version not in (None, botocore.UNSIGNED) and version not in AUTH_TYPE_MAPS:
        yield Problem(
            "signature_version",
            f"is {version!r}, which is not known to botocore here",
            "Use 's3v4'; 's3v4a' needs `pip install awscrt`.",
        )
    if storage.proxies is not None and not isinstance(storage.proxies, Mapping):
        yield Problem("proxies", "is not a dict", 'Write it like {"https": "http://proxy:3128"}.')
    if not storage.use_ssl and str(storage.endpoint_url or "").startswith("https:"):
        yield Problem(
            "use_ssl", "has no effect beside an endpoint_url with https", "Say http there."
        )
