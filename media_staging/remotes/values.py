"""What each option of a remote may be, told before anything is made of it.

A value of the wrong kind would fail somewhere else, in words about something else: when the remote
is made, on a page, at the first transfer.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings
from django.utils.functional import Promise

from media_staging.remotes.base import Problem

# Scheme, host, perhaps a port and a path. No user, no query and no blanks: pages and headers show
# these addresses, and keys are put behind them.
ADDRESS = re.compile(
    r"https?://(?:[a-z0-9_.-]+|\[[0-9a-f:.]+\])(?::(?P<port>\d{1,5}))?(?:/[!-\"$->@-~]*)?",
    re.IGNORECASE,
)
PLACE = re.compile(r"[0-9a-f]{12}")
STYLES = ("auto", "virtual", "path")


class Wrong(NamedTuple):
    """In words that continue the name of the option, and what to change."""

    text: str
    hint: str


Rule = Callable[[Any], Wrong | None]


def anything(value: Any) -> Wrong | None:
    """Whoever uses it says what is wrong with it."""
    return None


def text(value: Any) -> Wrong | None:
    if not isinstance(value, str):
        it = "None" if value is None else f"of the type {type(value).__name__}"
        return Wrong(f"is {it}, not text", "Write text in quotes, or leave the option out.")
    if not value.isprintable():
        return Wrong("has a line break or another control character in it", "Take it out.")
    return None


def word(value: Any) -> Wrong | None:
    if wrong := text(value):
        return wrong
    return Wrong("has a blank in it", "Take it out.") if " " in value else None


def filled(value: Any) -> Wrong | None:
    empty = Wrong("is empty", "Fill it in; where it is not needed, leave it out.")
    return word(value) or (None if value else empty)


def label(value: Any) -> Wrong | None:
    return None if isinstance(value, Promise) else text(value)


def flag(value: Any) -> Wrong | None:
    if isinstance(value, bool):
        return None
    return Wrong("is neither True nor False", "Say one of these two, without quotes.")


def style(value: Any) -> Wrong | None:
    if value in STYLES:
        return None
    return Wrong("is no style of addresses", f"Say one of {', '.join(map(repr, STYLES))}.")


def address(value: Any) -> Wrong | None:
    found = ADDRESS.fullmatch(value) if isinstance(value, str) else None
    if found and 0 < int(found["port"] or 1) < 2**16:
        return None
    return Wrong(
        "is not an address like https://host",
        "Write http:// or https:// and the host; a port and a path may follow, but neither a user "
        "nor a query nor blanks are in it. Where none is needed, leave the option out.",
    )


def domain(value: Any) -> Wrong | None:
    """A host, with a path perhaps, behind a scheme that is said elsewhere."""
    if isinstance(value, str) and not address(f"https://{value}"):
        return None
    return Wrong("is not a host name", "Write it like cdn.example.com, without https://.")


def prefix(value: Any) -> Wrong | None:
    if wrong := text(value):
        return wrong
    names = value.split("/")
    if {".", ".."} & set(names):
        better = "/".join(name for name in names if name not in ("", ".", ".."))
        hint = f"Say {better!r}." if better else "Leave it out."
        return Wrong("has '.' or '..' in it, which browsers take for another folder", hint)
    return None


def prefix_without_slash(value: Any) -> Wrong | None:
    """As S3Storage takes it."""
    if wrong := prefix(value):
        return wrong
    better = "/".join(name for name in value.split("/") if name)
    hint = f"Say {better!r}." if better else "Leave it out."
    return Wrong("begins with a slash", hint) if value.startswith("/") else None


def certificates(value: Any) -> Wrong | None:
    if isinstance(value, bool) or (isinstance(value, str | Path) and Path(value).exists()):
        return None
    hint = "Say True, False, or the path of a file with the certificates of authorities."
    return Wrong("is neither True nor False nor a file that is there", hint)


def folder(value: Any) -> Wrong | None:
    if isinstance(value, Path) or (isinstance(value, str) and value):
        return None
    return Wrong("is no folder", "Write its path.")


def places(value: Any) -> Wrong | None:
    """One id or several."""
    ids = [value] if isinstance(value, str) else value
    if isinstance(ids, list | tuple | set) and all(
        isinstance(each, str) and PLACE.fullmatch(each) for each in ids
    ):
        return None
    return Wrong(
        "is no id of a place, which has twelve letters and digits",
        "Copy it from `manage.py staging_status`, or leave it out.",
    )


def optional(rule: Rule) -> Rule:
    """None is like leaving it out."""
    return lambda value: None if value is None else rule(value)


def or_empty(rule: Rule) -> Rule:
    """Empty is like leaving it out."""
    return lambda value: None if value == "" else rule(value)


@dataclass(frozen=True, slots=True)
class Option:
    rule: Rule
    # Of a project for django-storages, which say it when the entry does not; the first one counts.
    settings: tuple[str, ...] = ()
    is_needed: bool = False


# Of every entry of REMOTES.
OF_ALL = {"TYPE": Option(text), "SAME_AS": Option(places), "label": Option(optional(label))}
# S3Storage's own.
OF_STORAGE = {
    "access_key": Option(optional(word), ("AWS_S3_ACCESS_KEY_ID", "AWS_ACCESS_KEY_ID")),
    "secret_key": Option(optional(word), ("AWS_S3_SECRET_ACCESS_KEY", "AWS_SECRET_ACCESS_KEY")),
    "security_token": Option(optional(word), ("AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN")),
    "session_profile": Option(optional(text), ("AWS_S3_SESSION_PROFILE",)),
    "bucket_name": Option(optional(word), ("AWS_STORAGE_BUCKET_NAME",)),
    "location": Option(prefix_without_slash, ("AWS_LOCATION",)),
    "object_parameters": Option(anything, ("AWS_S3_OBJECT_PARAMETERS",)),
    "default_acl": Option(optional(text), ("AWS_DEFAULT_ACL",)),
    "endpoint_url": Option(optional(address), ("AWS_S3_ENDPOINT_URL",)),
    "region_name": Option(optional(filled), ("AWS_S3_REGION_NAME",)),
    "use_ssl": Option(flag, ("AWS_S3_USE_SSL",)),
    "verify": Option(optional(certificates), ("AWS_S3_VERIFY",)),
    "proxies": Option(anything, ("AWS_S3_PROXIES",)),
    "addressing_style": Option(optional(style), ("AWS_S3_ADDRESSING_STYLE",)),
    "signature_version": Option(anything, ("AWS_S3_SIGNATURE_VERSION",)),
    "client_config": Option(anything, ("AWS_S3_CLIENT_CONFIG",)),
    "querystring_auth": Option(flag, ("AWS_QUERYSTRING_AUTH",)),
    "querystring_expire": Option(anything, ("AWS_QUERYSTRING_EXPIRE",)),
    "custom_domain": Option(optional(or_empty(domain)), ("AWS_S3_CUSTOM_DOMAIN",)),
    "url_protocol": Option(anything, ("AWS_S3_URL_PROTOCOL",)),
    "cloudfront_key_id": Option(optional(text), ("AWS_CLOUDFRONT_KEY_ID",)),
    "cloudfront_key": Option(anything, ("AWS_CLOUDFRONT_KEY",)),
    "file_overwrite": Option(anything, ("AWS_S3_FILE_OVERWRITE",)),
    "gzip": Option(anything, ("AWS_IS_GZIPPED",)),
    "gzip_content_types": Option(anything, ("GZIP_CONTENT_TYPES",)),
    "file_name_charset": Option(anything, ("AWS_S3_FILE_NAME_CHARSET",)),
    "max_memory_size": Option(anything, ("AWS_S3_MAX_MEMORY_SIZE",)),
    "use_threads": Option(anything, ("AWS_S3_USE_THREADS",)),
    "transfer_config": Option(anything, ("AWS_S3_TRANSFER_CONFIG",)),
}
# By the kind of remote.
OPTIONS: dict[str, dict[str, Option]] = {
    "s3": {
        **OF_STORAGE,
        "cloudfront_signer": Option(anything),
        "public_url": Option(optional(or_empty(address))),
        "public_endpoint_url": Option(optional(or_empty(address))),
    },
    "cloudinary": {
        "cloud_name": Option(filled, is_needed=True),
        "api_key": Option(filled, is_needed=True),
        "api_secret": Option(filled, is_needed=True),
        "upload_prefix": Option(or_empty(address)),
        "public_url": Option(or_empty(address)),
        "location": Option(prefix),
    },
    "filesystem": {"root": Option(folder, is_needed=True)},
}


def problems(kind: str, entry: Mapping[str, Any]) -> list[Problem]:
    """What cannot be, of an entry of REMOTES and of the settings that say what it does not."""
    known = {**OPTIONS[kind], **OF_ALL}
    found = []
    for name in map(str, entry):
        if name not in known:
            near = get_close_matches(name, known, 1)
            hint = f"Write {near[0]!r}, or leave it out." if near else "Leave it out."
            found.append(Problem(name, f"is no option of {kind}", hint))
    for name, option in known.items():
        setting = setting_of(kind, name)
        if name in entry:
            wrong = option.rule(entry[name])
        elif setting:
            wrong = option.rule(getattr(settings, setting))
        else:
            wrong = Wrong("is missing", "Add it.") if option.is_needed else None
        if wrong:
            found.append(Problem(name, wrong.text, wrong.hint))
    return found


def setting_of(kind: str, name: str) -> str:
    """The project's setting that says an option where the entry does not; empty for none."""
    option = OPTIONS[kind].get(name)
    return next((each for each in option.settings if hasattr(settings, each)), "") if option else ""
