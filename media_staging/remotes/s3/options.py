"""What becomes of each option of S3Storage: used, sent with the objects, or refused in words.

None is dropped in silence. A test walks over all options of the installed S3Storage. What each may
be by itself is in `remotes/values.py`, what speaks against another one in `contradictions.py`.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    InvalidRegionError,
    ParamValidationError,
    ProfileNotFound,
)
from storages.backends.s3 import S3Storage

from media_staging.errors import Setup
from media_staging.remotes.base import Problem
from media_staging.remotes.s3 import contradictions
from media_staging.remotes.s3.requests.clients import Clients, prepared

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
# What other storages may want, and a file is none the worse without.
FOR_OTHERS = {"ContentType", "ContentEncoding", "ChecksumAlgorithm"}
GRANTS = {name for name in SENT if name.startswith("Grant")}
LOCK = {"ObjectLockMode", "ObjectLockRetainUntilDate"}
# RFC 9110, section 5.6.2
HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
# From there an object has to be restored for hours before anybody can read it.
OUT_OF_REACH = {"GLACIER", "DEEP_ARCHIVE"}
OUR_NOTES = {"sha256", "size", "mark"}
IMMUTABLE = "public, max-age=31536000, immutable"


class ObjectParameters:
    """What the settings want with every object, as each of boto3's operations takes it."""

    def __init__(self, storage: S3Storage, client: Any) -> None:
        acl = {"ACL": storage.default_acl} if storage.default_acl else {}
        wanted = {"CacheControl": IMMUTABLE, **acl, **storage.object_parameters}
        self._given = {name: value for name, value in wanted.items() if name in SENT}
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
    storage: S3Storage,
    clients: Clients,
    given: Mapping[str, Any],
    *,
    public_url: str,
    public_endpoint_url: str,
) -> Iterator[Problem]:
    """What of the options cannot work or has no effect. `given` are those of the entry itself;
    others come from the project's AWS_* settings. The clients are those that the remote then works
    with: making one takes a quarter of a second."""
    if not storage.bucket_name:
        yield Problem("bucket_name", "is missing", "Name the bucket.")
        return
    if not isinstance(storage.client_config, Config):
        yield Problem(
            "client_config",
            "is no Config",
            'Write it like {"connect_timeout": 5}, or leave it out.',
        )
        return
    found = [
        *contradictions.without_effect(storage, given),
        *contradictions.of_the_bucket(storage),
        *of_objects(storage, given),
        *contradictions.of_addresses(storage, given, public_url, public_endpoint_url),
        *contradictions.of_connections(storage, given),
    ]
    yield from found
    if not any(problem.is_error for problem in found):
        yield from refused_by_botocore(storage, clients)


def of_objects(storage: S3Storage, given: Mapping[str, Any]) -> Iterator[Problem]:
    option, parameters = "object_parameters", storage.object_parameters
    if not isinstance(parameters, Mapping):
        yield Problem(option, "is not a dict", 'Write it like {"StorageClass": "STANDARD_IA"}.')
        return
    for name in sorted(set(parameters) - SENT, key=str):
        why = NOT_SENT.get(name, "it is none that may be the same for all files")
        yield Problem(
            option,
            f"has {name!r}, which is not sent: {why}",
            f"Leave {name!r} out.",
            is_error=option in given or name not in FOR_OTHERS,
        )
    if parameters.get("StorageClass") in OUT_OF_REACH:
        yield Problem(
            option,
            f"has the StorageClass {parameters['StorageClass']}, which shows no picture",
            "Use STANDARD_IA, INTELLIGENT_TIERING or GLACIER_IR.",
        )
    yield from of_rights(storage, given)
    if len(LOCK & set(parameters)) == 1:
        yield Problem(
            option,
            f"has {(LOCK & set(parameters)).pop()} without {(LOCK - set(parameters)).pop()}",
            "Say both, or leave it to the bucket's default retention.",
        )
    yield from of_notes(parameters.get("Metadata", {}))
    for name, value in parameters.items():
        if isinstance(value, str) and not (value.isascii() and value.isprintable()):
            yield Problem(
                option,
                f"has {name!r} with letters that no header can carry",
                "Use ASCII, on one line.",
            )


def of_rights(storage: S3Storage, given: Mapping[str, Any]) -> Iterator[Problem]:
    """S3 takes an ACL or grants, not both."""
    parameters = storage.object_parameters
    grants = sorted(GRANTS & set(parameters))
    if "ACL" in parameters and grants:
        yield Problem("object_parameters", f"has ACL beside {grants[0]}", "Say one of them.")
    said = grants or [name for name in ("ACL",) if name in parameters]
    if storage.default_acl and said:
        yield Problem(
            "default_acl",
            f"contradicts {said[0]} in object_parameters",
            "Say one of them.",
            # An ACL of the entry's own counts.
            is_error="default_acl" in given or bool(grants),
        )


def of_notes(notes: Any) -> Iterator[Problem]:
    option = "object_parameters"
    if not isinstance(notes, Mapping) or not all(
        isinstance(name, str)
        and HEADER_NAME.fullmatch(name)
        and isinstance(value, str)
        and value.isascii()
        and value.isprintable()
        for name, value in notes.items()
    ):
        yield Problem(
            option,
            "has Metadata that is not text in ASCII, on one line",
            'Write {"shop": "north"}.',
        )
    elif taken := OUR_NOTES & {name.lower() for name in notes}:
        yield Problem(
            option,
            f"has the Metadata {', '.join(sorted(taken))}, which each file notes for itself",
            "Call yours something else.",
        )


def refused_by_botocore(storage: S3Storage, clients: Clients) -> Iterator[Problem]:
    """What botocore says to an upload with these options, and to the address of a picture."""
    target = {"Bucket": storage.bucket_name, "Key": "k"}
    try:
        client = clients.client
        yield from unknown_words(storage, client)
        parameters = ObjectParameters(storage, client).of("put_object")
        prepared(client, "put_object", **target, Body=b"", **parameters)
        prepared(clients.public, "get_object", **target)
    except ProfileNotFound as error:
        # Another process may have it: pages live without addresses.
        yield Problem(
            "session_profile",
            f"is not there: {error}",
            "Add it to the file that AWS_CONFIG_FILE names, or leave the option out.",
            is_error=False,
        )
    except ParamValidationError as error:
        yield Problem("object_parameters", f"does not work: {one_line(error)}", "Change that.")
    except InvalidRegionError as error:
        yield Problem("region_name", f"is none: {one_line(error)}", 'Write it like "eu-south-1".')
    except (BotoCoreError, Setup) as error:
        yield Problem("the entry", f"does not work: {one_line(error)}", "Change what that names.")


def unknown_words(storage: S3Storage, client: Any) -> Iterator[Problem]:
    """Values of which S3 has a list. Other servers may have words of their own."""
    members = client.meta.service_model.operation_model("PutObject").input_shape.members
    said = [("object_parameters", *each) for each in storage.object_parameters.items()]
    if storage.default_acl:
        said.append(("default_acl", "ACL", storage.default_acl))
    for option, name, value in said:
        words = getattr(members.get(name), "enum", None)
        if words and isinstance(value, str) and value not in words:
            yield Problem(
                option,
                f"has the {name} {value!r}, which is none of S3's",
                f"Use one of {', '.join(words)}.",
                is_error=not storage.endpoint_url,
            )


def one_line(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".")
