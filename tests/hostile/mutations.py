"""Real images made into what a broken camera, a torn line or an attacker would send."""

import random
import re
import struct
import zlib
from collections.abc import Callable, Iterator, Sequence

MOST_BYTES = 256 * 1024
# Where a format's own fields are: after and before the names of chunks, boxes and markers.
LANDMARK = re.compile(rb"[A-Za-z]{4}|\xff[\xc0-\xfe]|II\*\x00|MM\x00\*")
PNG = b"\x89PNG\r\n\x1a\n"

Mutation = Callable[[bytearray, random.Random], bytes | bytearray]


def flip_bits(data: bytearray, chance: random.Random) -> bytearray:
    for _ in range(chance.randint(1, 8)):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return data


def truncate(data: bytearray, chance: random.Random) -> bytearray:
    return data[: chance.randrange(len(data) + 1)]


def cut_out(data: bytearray, chance: random.Random) -> bytearray:
    start, end = piece(data, chance)
    del data[start:end]
    return data


def repeat(data: bytearray, chance: random.Random) -> bytearray:
    """The same chunk again, and again."""
    start, end = piece(data, chance)
    times = chance.choice([1, 2, 10, max(1, MOST_BYTES // max(1, end - start))])
    return (data[:end] + data[start:end] * times + data[end:])[:MOST_BYTES]


def change_length(data: bytearray, chance: random.Random) -> bytearray:
    """An integer of 2 or 4 bytes near a landmark says something else."""
    size = chance.choice([2, 4])
    at = landmark(data, chance) + chance.choice([-8, -4, -2, 0, 2, 4, 6, 8, 10])
    at = max(0, min(at, len(data) - size))
    order = chance.choice(["big", "little"])
    real = int.from_bytes(data[at : at + size], order)  # type: ignore[arg-type]
    most = 256**size - 1
    told = chance.choice([0, 1, 8, real - 1, real + 1, real * 2, len(data), most // 2, most])
    data[at : at + size] = max(0, min(told, most)).to_bytes(size, order)  # type: ignore[arg-type]
    return data


def overwrite(data: bytearray, chance: random.Random) -> bytearray:
    start, end = piece(data, chance)
    data[start:end] = chance.choice([bytes(end - start), chance.randbytes(end - start)])
    return data


def piece(data: bytearray, chance: random.Random) -> tuple[int, int]:
    start = landmark(data, chance)
    return start, min(len(data), start + chance.choice([1, 4, 12, 64, 1000, len(data)]))


def landmark(data: bytearray, chance: random.Random) -> int:
    places = [match.start() for match in LANDMARK.finditer(data)]
    return chance.choice(places) if places else chance.randrange(len(data) or 1)


def splice(data: bytearray, other: bytes, chance: random.Random) -> bytearray:
    """The head of one image and the tail of another, of the same format or not."""
    tail = bytearray(other)
    return data[: landmark(data, chance)] + tail[landmark(tail, chance) :]


def mend_checksums(data: bytearray) -> bytearray:
    """Give the chunks of a PNG their right CRC: a wrong one would hide all other damage."""
    at = len(PNG)
    while data.startswith(PNG) and at + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        end = at + 8 + length
        if end + 4 > len(data):
            break
        struct.pack_into(">I", data, end, zlib.crc32(data[at + 4 : end]))
        at = end + 4
    return data


MUTATIONS: tuple[Mutation, ...] = (
    flip_bits, truncate, cut_out, repeat, change_length, change_length, overwrite,
)  # fmt: skip


def mutants(samples: Sequence[bytes], chance: random.Random) -> Iterator[bytes]:
    """Without an end; the same for the same state of `chance`."""
    while True:
        data = bytearray(chance.choice(samples))
        for _ in range(chance.choice([1, 1, 1, 2, 3, 5])):
            if chance.random() < 0.15:
                data = splice(data, chance.choice(samples), chance)
            elif data:
                data = bytearray(chance.choice(MUTATIONS)(data, chance))
        yield bytes(mend_checksums(data) if chance.random() < 0.8 else data)
