"""Positions in an XMP packet (RDF/XML), blanked with spaces of the same length.

The packet is in UTF-8, UTF-16 or UTF-32 of either byte order (XMP specification, part 1, 7.1).

Told by local name whatever the prefix is bound to, because drones and editors put positions
into namespaces of their own: every attribute or element whose name begins with GPS in any
case, and the names DJI drones use without it.
"""

import re
from collections import Counter
from collections.abc import Sequence
from itertools import islice
from typing import Final

from media_staging.intake.containers.reading import Bytes, Extent, Patch, fill

_CHAR: Final = rb"[\w.\x80-\xff-]"
_LOCAL: Final = (
    rb"(?:[Gg][Pp][Ss]" + _CHAR + rb"*|[Ll]atitude|[Ll]ongt?itude|[Aa]bsolute[Aa]ltitude)"
)
_NAME: Final = rb"(?:" + _CHAR + rb"+:)?" + _LOCAL

# Most packets hold no position; this finds that out at the speed of a character set.
_HINT: Final = re.compile(rb"[:<\s]" + _LOCAL)
_ATTRIBUTE: Final = re.compile(
    # A prefix called gps is declared by an attribute of that local name.
    rb"\s((?!xmlns:)" + _NAME + rb"\s*=\s*(?:\"[^\"<]*\"|'[^'<]*'))",
)
_TAG: Final = re.compile(rb"<(/?)(" + _NAME + rb")(?=[\s/>])[^<>]*>")
# A packet with more positions than this is not a photo's, and is blanked as a whole.
_MAX_MARKS: Final = 1_000

_TEXT: Final = re.compile(rb"[^<]*")


# The element that every packet has, in characters of two or four bytes.
_WIDE: Final = re.compile(rb"R(\x00|\x00{3})D\1F\1")
_NOT_ASCII: Final = bytes([0, *[0x80] * 255])


def patches(packet: Bytes) -> list[Patch]:
    """Patches within the packet; linear in its size, whatever it contains; raises nothing."""
    wide = _WIDE.search(packet)
    if wide is None:
        return _patches(packet)
    return _patches(packet) + _wide_patches(packet, 1 + len(wide[1]), wide.start())


def _wide_patches(packet: Bytes, width: int, at: int) -> list[Patch]:
    """The same for characters of ``width`` bytes, of which an ASCII one is at ``at``."""
    place = at % width  # of the byte that tells ASCII characters, in each character
    length = len(packet) // width
    merged = int.from_bytes(bytes(packet[place::width])[:length])
    for other in range(width):
        if other != place:
            rest = bytes(packet[other::width])[:length]
            merged |= int.from_bytes(rest.translate(_NOT_ASCII))
    space = b" ".rjust(place + 1, b"\x00").ljust(width, b"\x00")
    return [
        (start * width, space * len(replacement))
        for start, replacement in _patches(merged.to_bytes(length))
    ]


def _patches(packet: Bytes) -> list[Patch]:
    if _HINT.search(packet) is None:
        return []
    attributes = list(islice(_ATTRIBUTE.finditer(packet), _MAX_MARKS + 1))
    tags = list(islice(_TAG.finditer(packet), _MAX_MARKS + 1))
    if max(len(attributes), len(tags)) > _MAX_MARKS:
        return [(0, b" " * len(packet))]
    return fill([match.span(1) for match in attributes] + _elements(packet, tags), b" ")


def _elements(packet: Bytes, tags: Sequence[re.Match[bytes]]) -> list[Extent]:
    """Elements with all they contain; of one that is never closed, its tag and its text."""
    extents: list[Extent] = []
    opened: list[tuple[bytes, int]] = []
    names: Counter[bytes] = Counter()
    for tag in tags:
        closing, name = tag.groups()
        if not closing and not tag[0].endswith(b"/>"):
            text = _TEXT.match(packet, tag.end())
            extents.append((tag.start(), text.end() if text else tag.end()))
            opened.append((name, tag.start()))
            names[name] += 1
            continue
        extents.append(tag.span())
        while closing and names[name]:
            last, start = opened.pop()
            names[last] -= 1
            if last == name:
                extents.append((start, tag.end()))
                break
    return extents
