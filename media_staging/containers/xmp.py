"""Positions in an XMP packet (RDF/XML), blanked with spaces of the same length.

The packet is in UTF-8, UTF-16 or UTF-32 of either byte order (XMP specification, part 1, 7.1).

Told by local name whatever the prefix is bound to, because drones and editors put positions
into namespaces of their own: every attribute or element whose name begins with GPS in any case,
the names that DJI's drones and Darwin Core (dwc) use without it, and those of a telephone cell.
"""

import re
from collections import Counter
from collections.abc import Sequence
from itertools import product
from typing import Final

from media_staging.containers.reading import Bytes, Extent, Patch, fill

_CHAR: Final = rb"[\w.\x80-\xff-]"
_LOCAL: Final = (
    rb"(?:[Gg][Pp][Ss]" + _CHAR + rb"{0,80}|[Aa]bsolute[Aa]ltitude"
    rb"|(?:[Ll]|(?:decimal|verbatim)L)(?:atitude|ongt?itude)|verbatimCoordinates|footprintWKT"
    rb"|[Cc]ell(?:[Tt]ower|[Gg]lobal)?I[Dd])"
)
# In the vocabulary of the W3C the name says less than the prefix.
_NAME: Final = rb"(?:(?:%b{1,80}:)?%b|geo:(?:lat|long?|lat_long|alt))" % (_CHAR, _LOCAL)
_ATTRIBUTE: Final = re.compile(
    # A prefix called gps is declared by an attribute of that local name.
    rb"\s((?!xmlns:)" + _NAME + rb"\s*=\s*(?:\"[^\"<]*\"|'[^'<]*'))",
)
_TAG: Final = re.compile(rb"<(/?)(" + _NAME + rb")(?=[\s/>])[^<>]*>")

# What such a name has somewhere in it. To look for these is so much quicker than for the names
# that packets of megabytes (they hold whole pictures) cost next to nothing.
_WORDS: Final = (
    *map(bytes, product(b"Gg", b"Pp", b"Ss")),
    *(b"titude", b"gitude", b"verbatimCoordinates", b"geo:", b"footprintWKT"),
    *(b"ellI", b"ellTowerI", b"elltowerI", b"ellGlobalI", b"ellglobalI"),
)
_NAME_BYTES: Final = bytes(
    byte for byte in range(256) if byte in b"_.-:" or chr(byte).isalnum() or byte >= 0x80
)
_LONGEST_NAME: Final = 200
# A packet with more positions than this is not a photo's, and is blanked as a whole; so is one that
# has more of the words than chance puts into a picture's bytes.
_MAX_MARKS: Final = 1_000
_BYTES_PER_WORD: Final = 1024

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
    whole = bytes(packet)
    starts = _names(whole)
    attributes = _matches(_ATTRIBUTE, whole, starts)
    tags = _matches(_TAG, whole, starts)
    if max(len(starts) - len(whole) // _BYTES_PER_WORD, len(attributes), len(tags)) > _MAX_MARKS:
        return [(0, b" " * len(whole))]
    return fill([match.span(1) for match in attributes] + _elements(whole, tags), b" ")


def _names(packet: bytes) -> list[int]:
    """Where the names begin that have one of the words in them; not much more than too many."""
    most = _MAX_MARKS + 2 + len(packet) // _BYTES_PER_WORD
    starts: set[int] = set()
    for word in _WORDS:
        at = packet.find(word)
        while at >= 0 and len(starts) < most:
            before = packet[max(0, at - _LONGEST_NAME) : at]
            starts.add(at - len(before) + len(before.rstrip(_NAME_BYTES)))
            at = packet.find(word, at + len(word))
    return sorted(starts)


def _matches(
    pattern: re.Pattern[bytes], packet: bytes, names: Sequence[int]
) -> list[re.Match[bytes]]:
    """Of the pattern where names begin, from left to right, none inside another."""
    matches: list[re.Match[bytes]] = []
    end = 0
    for name in names:
        start = name - 1 - (packet[name - 1 : name] == b"/")
        match = pattern.match(packet, start) if start >= end else None
        if match:
            matches.append(match)
            end = match.end()
    return matches


def _elements(packet: bytes, tags: Sequence[re.Match[bytes]]) -> list[Extent]:
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
