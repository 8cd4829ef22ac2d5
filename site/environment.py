"""Reads settings from the environment; a wrong value ends start-up with one line that names it.

Only `settings.py`, and `remote_settings.py` for it, use this module: nothing else in the project
looks at the environment.
"""

import json
import os
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any, NoReturn, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import dj_database_url

T = TypeVar("T")

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off"}
DATABASE_ENGINES = {"django.db.backends.sqlite3", "django.db.backends.postgresql"}


def refuse(name: str, allowed: str) -> NoReturn:
    """End start-up: one line on standard error, exit code 1, no traceback."""
    shown = repr(os.environ[name]) if name in os.environ else "unset"
    raise SystemExit(f"{name}: {allowed} (it is {shown})")


def refuse_secret(name: str, allowed: str) -> NoReturn:
    """The same without showing the value: it may hold a secret."""
    raise SystemExit(f"{name}: {allowed} (it is something else)")


def text(name: str, default: str = "") -> str:
    """An empty variable counts as unset."""
    return os.environ.get(name, "").strip() or default


def words(name: str) -> list[str]:
    return [word.strip() for word in text(name).split(",") if word.strip()]


def choice(name: str, default: str, allowed: Collection[str]) -> str:
    value = text(name, default)
    if value not in allowed:
        refuse(name, f"one of {', '.join(sorted(allowed))}")
    return value


def flag(name: str, default: bool) -> bool:
    value = text(name, "1" if default else "0").lower()
    if value not in TRUE | FALSE:
        refuse(name, "1 or 0")
    return value in TRUE


def _number(name: str, default: T, parse: Callable[[str], T], allowed: str) -> T:
    value = text(name)
    if not value:
        return default
    try:
        return parse(value)
    except ValueError:
        refuse(name, allowed)


def whole_number(name: str, default: int, *, least: int, most: int) -> int:
    allowed = f"a whole number from {least} to {most}"
    value = _number(name, default, int, allowed)
    if not least <= value <= most:
        refuse(name, allowed)
    return value


def seconds(name: str, default: float, *, least: float = 0, most: float = 10**9) -> float:
    allowed = f"seconds, a number from {least:g} to {most:g}"
    value = _number(name, default, float, allowed)
    if not least <= value <= most:
        refuse(name, allowed)
    return value


def url(name: str, *schemes: str, required: bool = False) -> str:
    """A URL with a host and one of the schemes; an empty string when unset and not required."""
    value = text(name)
    if not value and not required:
        return ""
    try:
        parts = urlsplit(value)
        wrong = parts.scheme not in schemes or not parts.hostname or (parts.port or 1) < 1
    except ValueError:
        wrong = True
    if wrong:
        refuse(name, f"a URL such as {schemes[0]}://host")
    return value.rstrip("/")


def database(name: str, default: str, **options: Any) -> dict[str, Any]:
    """What Django is to know of a database, from its URL. `options` are dj-database-url's."""
    try:
        config = dj_database_url.parse(text(name, default), **options)
    except (dj_database_url.ParseError, dj_database_url.UnknownSchemeError, ValueError):
        config = {}
    if config.get("ENGINE") not in DATABASE_ENGINES:
        refuse(name, "sqlite:///path or postgres://user:password@host/name")
    return dict(config)


def cloudinary_account(name: str, why: str) -> dict[str, str]:
    """The account in a URL as Cloudinary's console shows it; with a path: its private CDN."""
    allowed = "cloudinary://api_key:api_secret@cloud_name"
    value = text(name)
    if not value:
        refuse(name, f"must be set {why}, to {allowed}")
    try:
        parts = urlsplit(value)
        # Not decoded: the SDK does not do it either.
        account = {
            "cloud_name": parts.hostname or "",
            "api_key": parts.username or "",
            "api_secret": parts.password or "",
        }
    except ValueError:
        refuse_secret(name, allowed)
    if parts.scheme != "cloudinary" or not all(account.values()):
        refuse_secret(name, allowed)
    private_cdn = parts.path.strip("/")
    return {**account, "public_url": f"https://{private_cdn}" if private_cdn else ""}


def further_options(
    name: str, known: Collection[str], said_by: Mapping[str, str]
) -> dict[str, Any]:
    """A JSON object. `said_by`: what has a variable of its own. Values, which may be secrets, are
    not shown."""
    if not text(name):
        return {}
    try:
        found = json.loads(text(name))
    except ValueError:
        found = None
    if not isinstance(found, dict):
        refuse_secret(name, 'a JSON object such as {"default_acl": "public-read"}')
    for option in found:
        if option in said_by:
            raise SystemExit(f"{name}: {option} is not said here, but by {said_by[option]}")
        if option not in known:
            others = ", ".join(sorted({*known} - {*said_by}))
            raise SystemExit(f"{name}: {option} is no option; known are {others}")
    return dict(found)


def required(name: str, why: str) -> str:
    value = text(name)
    if not value:
        refuse(name, f"must be set {why}")
    return value


def time_zone(name: str, default: str) -> str:
    try:
        return ZoneInfo(text(name, default)).key
    except (KeyError, ValueError, OSError):
        refuse(name, "the name of a time zone, such as Europe/Istanbul")


def folder(name: str, default: Path) -> Path:
    """An absolute folder that exists from here on and can be written to."""
    path = Path(text(name) or default).expanduser().resolve()
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError:
        refuse(name, "a folder that can be created")
    if not os.access(path, os.W_OK | os.X_OK):
        refuse(name, "a folder that can be written to")
    return path
