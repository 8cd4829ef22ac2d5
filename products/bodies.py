"""Reading what a request carries, strictly: anything unexpected is a BadRequest, never a crash."""

import json
import re
from typing import Any, TypeGuard
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from django.http.request import RawPostDataException
from django.utils.translation import gettext as _

from media_staging.errors import RequestUnreadable
from products import typed
from products.errors import BadRequest
from products.models import ALT_LENGTH

CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
WHOLE_NUMBER = re.compile(r"[0-9]{1,18}")


def json_object(request: HttpRequest) -> dict[str, Any]:
    """The body as a JSON object in UTF-8."""
    try:
        body = json.loads(request.body.decode("utf-8"))
    except RawPostDataException as error:
        # The CSRF check has read it as a form.
        raise RequestUnreadable from error
    except (ValueError, RecursionError) as error:
        raise bad_json() from error
    if not isinstance(body, dict):
        raise bad_json()
    return body


def bad_json() -> BadRequest:
    return BadRequest(_("The request is not the JSON that is expected here."), code="bad_json")


def submission(body: dict[str, Any]) -> str:
    """The id of the submission that a body belongs to; one that is none counts as none."""
    try:
        return str(UUID(body.get("submission_id")))
    except (ValueError, TypeError, AttributeError):
        return ""


def uploads(request: HttpRequest, name: str) -> list[UploadedFile]:
    """The files of that name, at least one."""
    files = [file for file in request.FILES.getlist(name) if isinstance(file, UploadedFile)]
    if not files:
        raise BadRequest(_("Choose a picture to upload."), code="no_files")
    return files


def place(request: HttpRequest) -> int | None:
    """The optional field `position`: the 0-based place to insert at; None: at the end."""
    text = request.POST.get("position", "")
    if not text:
        return None
    if not WHOLE_NUMBER.fullmatch(text):
        raise BadRequest(_("The position must be a whole number from 0."), code="bad_position")
    return int(text)


def alt_text(value: str) -> str:
    """One line of text that fits the column."""
    text = typed.line(value)
    if len(text) > ALT_LENGTH or has_control_characters(text):
        sentence = _("The alt text may have at most %(most)s characters, all of them printable.")
        raise BadRequest(sentence % {"most": ALT_LENGTH}, code="bad_alt")
    return text


def uuid(value: object) -> UUID:
    """A UUID, as text."""
    try:
        return UUID(str(value))
    except ValueError as error:
        raise bad_json() from error


def is_id(value: object) -> TypeGuard[int]:
    """A whole number of JSON; true and false are none."""
    return isinstance(value, int) and not isinstance(value, bool)


def has_control_characters(text: str) -> bool:
    """Also lone surrogates, which no database can store."""
    return CONTROL.search(text) is not None
