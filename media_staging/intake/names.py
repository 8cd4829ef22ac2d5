"""What the client calls a file, made text that a page can show and every database can store."""

import os
import re
import unicodedata

LONGEST = 255
# Control characters, and those that turn the direction of text around.
UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
# What Python makes of bytes that are not UTF-8 in the name of a file on the disk.
SURROGATES = re.compile("[\ud800-\udfff]")
INSTEAD = "\N{REPLACEMENT CHARACTER}"


def clean_name(name: object) -> str:
    """Never part of a path; at most 255 characters, perhaps none: a pipe is called by a number."""
    if isinstance(name, (os.PathLike, bytes)):
        name = os.fsdecode(name)
    last = re.split(r"[/\\]", name)[-1] if isinstance(name, str) else ""
    text = unicodedata.normalize("NFC", SURROGATES.sub(INSTEAD, last))
    return UNSAFE.sub("", text).strip()[:LONGEST]
