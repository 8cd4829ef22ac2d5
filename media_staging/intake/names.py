"""What the client calls a file, made text that a page can show and every database can store."""

import os
import re
import unicodedata
from pathlib import PurePath

LONGEST = 255
# Control characters, and those that turn the direction of text around.
UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
# What Python makes of bytes that are not UTF-8 in the name of a file on the disk.
SURROGATES = re.compile("[\ud800-\udfff]")
# Of files that are no pictures, told by their name: what no browser runs, whatever is in them.
TYPES = {
    "pdf": "application/pdf",
    "zip": "application/zip",
    "rtf": "application/rtf",
    "txt": "text/plain",
    "csv": "text/csv",
    "mp4": "video/mp4",
    "mov": "video/quicktime",
    "webm": "video/webm",
    "mp3": "audio/mpeg",
    "m4a": "audio/mp4",
    "wav": "audio/wav",
    "ogg": "audio/ogg",
    "doc": "application/msword",
    "xls": "application/vnd.ms-excel",
    "ppt": "application/vnd.ms-powerpoint",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "odt": "application/vnd.oasis.opendocument.text",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "odp": "application/vnd.oasis.opendocument.presentation",
}
ANY_TYPE = "application/octet-stream"
INSTEAD = "\N{REPLACEMENT CHARACTER}"


def clean_name(name: object) -> str:
    """Never part of a path; at most 255 characters, perhaps none: a pipe is called by a number."""
    if isinstance(name, (os.PathLike, bytes)):
        name = os.fsdecode(name)
    last = re.split(r"[/\\]", name)[-1] if isinstance(name, str) else ""
    text = unicodedata.normalize("NFC", SURROGATES.sub(INSTEAD, last))
    return UNSAFE.sub("", text).strip()[:LONGEST]


def type_of(name: str) -> tuple[str, str]:
    """The ending and the content type of a file that is no picture."""
    ending = PurePath(name).suffix.removeprefix(".").lower()
    return (ending, TYPES[ending]) if ending in TYPES else ("bin", ANY_TYPE)
