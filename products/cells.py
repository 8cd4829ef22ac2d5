"""A cell is one field of one row. Who changed it last, and whether a save may write it.

Three values are compared: the one that was seen, mine, and the one that is there now. What I did
not change is not mine; what nobody else changed meanwhile, or changed to the same, is saved; what
both changed to something else is a conflict, and a person is asked, told who did it and when.

Every row keeps in `changed`, by field: the user's id, the time (ISO 8601) and the submission that
brought the value.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, cast

from django.contrib.auth import get_user_model
from django.utils import formats, timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from media_staging import clock
from products import typed
from products.models import Noted, Product

PRICE = re.compile(r"[0-9]{1,8}(\.[0-9]{1,2})?")
WHOLE_NUMBER = re.compile(r"[0-9]{1,10}")
# Equal to no value: what was seen cannot be told.
UNKNOWN: Any = object()

Values = dict[str, Any]


def right_now() -> str:
    return clock.utc().isoformat(timespec="seconds")


@dataclass(frozen=True)
class Saver:
    """Who saves, when, and with which submission of a form (empty: none)."""

    user_id: int | None
    submission: str = ""
    at: str = field(default_factory=right_now)

    def brought(self, row: Noted, name: str) -> bool:
        """Whether this very submission, sent before, brought the value that is there now."""
        last = row.changed.get(name)
        return bool(self.submission) and last is not None and last[2] == self.submission


# By whom the cells of rows are changed that no request changes.
NOBODY = Saver(None)


@dataclass(frozen=True)
class Conflict:
    """Both changed the cell. `by` and `at` are None where nobody took note of that change."""

    seen: Any
    now: Any
    by: int | None
    at: str | None


def merge(
    row: Noted, wanted: Mapping[str, Any], seen: Mapping[str, Any], saver: Saver
) -> tuple[Values, dict[str, Conflict]]:
    """What is to be written of `wanted`, and the conflicts, by field.

    A field that is not in `seen` is compared with nothing and written.
    """
    current = vars(row)
    columns = {name: mine for name, mine in wanted.items() if current[name] != mine}
    conflicts: dict[str, Conflict] = {}
    for name in columns.keys() & seen.keys():
        before, now = seen[name], current[name]
        if saver.brought(row, name) or same(before, now):
            continue
        mine = columns.pop(name)
        if not same(before, mine):
            by, at, _submission = row.changed.get(name, (None, None, ""))
            conflicts[name] = Conflict(before, now, by, at)
    return columns, conflicts


def write(row: Noted, columns: Values, saver: Saver) -> None:
    """Put values into a row that is about to be saved, and take note of who changed them."""
    note = [saver.user_id, saver.at, saver.submission]
    vars(row).update(columns)
    row.changed = {**row.changed, **dict.fromkeys(columns, note)}


def same(one: object, other: object) -> bool:
    """Compared as values; of a text, what nobody sees and how lines end does not count."""
    if isinstance(one, str) and isinstance(other, str) and one != other:
        return typed.prose(one) == typed.prose(other)
    return one is not UNKNOWN and one == other


# --- From and to the wire ----------------------------------------------------------------------


def as_wire(value: Any) -> Any:
    """A value as JSON holds it: a price is a decimal string with two places."""
    if value is UNKNOWN:
        return None
    return f"{value:.2f}" if isinstance(value, Decimal) else value


def read_seen(raw: Mapping[str, Any], fields: Iterable[str]) -> Values:
    """What was seen of these fields, as the columns hold it; "12.5" is "12.50"."""
    return {name: READ.get(name, read_text)(raw[name]) for name in fields if name in raw}


def read_text(value: object) -> Any:
    return value if isinstance(value, str) else UNKNOWN


def read_price(value: object) -> Any:
    return Decimal(plain(value)) if PRICE.fullmatch(plain(value)) else UNKNOWN


def read_number(value: object) -> Any:
    return int(plain(value)) if WHOLE_NUMBER.fullmatch(plain(value)) else UNKNOWN


def plain(value: object) -> str:
    return str(value) if isinstance(value, str | int | float) else ""


READ = {"price": read_price, "stock": read_number, "position": read_number}


# --- To a person -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Told:
    """A conflict in words. `by` is a name, or None; `is_own`: that of whoever is told."""

    field: str
    conflict: Conflict
    by: str | None
    is_own: bool

    def as_json(self) -> dict[str, Any]:
        """In the shape of the contract."""
        seen, now = as_wire(self.conflict.seen), as_wire(self.conflict.now)
        return {"seen": seen, "now": now, "by": self.by, "at": self.conflict.at}

    @property
    def now(self) -> str:
        return shown(self.field, self.conflict.now)

    @property
    def who(self) -> str:
        """Who it was, and when, as far as anybody took note."""
        by = typed.isolated(self.by or _("somebody else"))
        name = _("you, elsewhere") if self.is_own else by
        return f"{name}, {self.time}" if self.time else name

    @property
    def sentence(self) -> str:
        """What is there now, who did it and when."""
        told = {"now": typed.isolated(self.now), "who": self.who}
        return _("Changed meanwhile to “%(now)s” (%(who)s).") % told

    @property
    def time(self) -> str:
        at = parse_datetime(self.conflict.at or "")
        return shown_time(at) if at else ""


def shown(name: str, value: Any) -> str:
    """A value of this field in the words of the form."""
    if name == "status":
        return str(Product.Status(value).label)
    return formats.number_format(value, 2) if isinstance(value, Decimal) else str(value)


def shown_time(at: datetime) -> str:
    """As the pages show times, in the zone of the site, which it names."""
    local = timezone.localtime(at) if timezone.is_aware(at) else at
    return f"{formats.date_format(local, 'DATETIME_FORMAT')} {formats.date_format(local, 'T')}"


def as_json(told: Any) -> Any:
    """Conflicts in the shape of the contract, by whatever they are kept."""
    if isinstance(told, Told):
        return told.as_json()
    return {str(key): as_json(each) for key, each in told.items()}


def tell(
    conflicts: Mapping[str, Mapping[str, Conflict]], saver: Saver
) -> dict[str, dict[str, Told]]:
    """By row and field, with the names of those who did it; one query, none without conflicts."""
    ids = {each.by for fields in conflicts.values() for each in fields.values() if each.by}
    names = names_of(ids) if ids else {}
    return {
        row: {
            name: Told(name, each, names.get(each.by or 0), each.by == saver.user_id is not None)
            for name, each in fields.items()
        }
        for row, fields in conflicts.items()
    }


def names_of(ids: Iterable[int]) -> dict[int, str]:
    users = get_user_model().objects.in_bulk(list(ids))
    return {pk: name_of(user) for pk, user in users.items()}


def name_of(user: Any) -> str:
    return cast(str, user.get_full_name() or user.get_username())
