import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media_staging.containers import exif


def tiff(order: str, *tables: bytes) -> bytes:
    head = (b"II*\x00" if order == "<" else b"MM\x00*") + struct.pack(order + "I", 8)
    return head + b"".join(tables)


def table(order: str, *entries: tuple[int, int, int, int], chained: int = 0) -> bytes:
    packed = b"".join(struct.pack(order + "HHII", *entry) for entry in entries)
    return struct.pack(order + "H", len(entries)) + packed + struct.pack(order + "I", chained)


def applied(block: bytes) -> bytes:
    edited = bytearray(block)
    for at, replacement in exif.patches(block):
        assert at + len(replacement) <= len(block)
        edited[at : at + len(replacement)] = replacement
    return bytes(edited)


@pytest.mark.parametrize("order", ["<", ">"])
def test_later_entries_move_up_and_the_chain_stays(order):
    entries = [(0x0100, 4, 1, 5), (0x8825, 4, 1, 8 + 42), (0xC000, 4, 1, 9)]
    first = table(order, *entries, chained=0x1234)
    gps = table(order, (0x0002, 5, 3, 8 + 42 + 18))
    block = tiff(order, first, gps, b"\x01" * 24, b"after")
    expected = table(order, entries[0], entries[2], chained=0x1234) + bytes(12)
    assert applied(block) == tiff(order, expected, bytes(14), gps[14:], bytes(24), b"after")
    assert exif.patches(applied(block)) == []


@pytest.mark.parametrize(
    "pointer", [0, 4, 8, 9, 20, 26, 40, 10_000, 0xFFFFFFFF], ids=lambda at: f"to {at}"
)
def test_pointer_gone_astray_is_removed_and_other_entries_kept(pointer):
    entries = [(0x0112, 3, 1, 6), (0x8825, 4, 1, pointer)]
    block = tiff("<", table("<", *entries), b"\xff" * 60)
    assert exif.orientation(applied(block)) == 6
    assert applied(block) == tiff("<", table("<", entries[0]), bytes(12), b"\xff" * 60)


def test_pointer_in_a_chained_table_is_removed():
    block = tiff(
        "<",
        table("<", (0x0112, 3, 1, 6), chained=26),
        table("<", (0x8825, 4, 1, 44)),
        table("<", (0x0001, 2, 2, 78)),
    )
    assert (
        applied(block)
        == tiff("<", table("<", (0x0112, 3, 1, 6), chained=26), bytes(32)) + (block[58:])
    )


def test_tables_that_point_at_each_other_end():
    loop = tiff("<", table("<", (0x8769, 4, 1, 8), (0x8825, 4, 1, 8), chained=8))
    assert exif.orientation(loop) == 1
    assert len(applied(loop)) == len(loop)


def test_xmp_inside_of_exif_is_blanked():
    packet = b'<a exif:GPSLatitude="1"/>'
    block = tiff("<", table("<", (0x02BC, 1, len(packet), 26)), packet)
    assert applied(block).endswith(b"<a" + b" " * 21 + b"/>")


@pytest.mark.parametrize(("value", "meant"), [(0, 1), (1, 1), (8, 8), (9, 1), (0xFFFF, 1)])
def test_orientation_out_of_range_is_upright(value, meant):
    assert exif.orientation(tiff(">", table(">", (0x0112, 3, 1, value << 16)))) == meant


@given(
    st.sampled_from(["<", ">"]),
    st.lists(
        st.lists(
            st.tuples(
                st.sampled_from([0x0001, 0x0002, 0x0112, 0x02BC, 0x8769, 0x8825]),
                st.integers(0, 14),
                st.integers(0, 40) | st.integers(0, 0xFFFFFFFF),
                st.integers(0, 200) | st.integers(0, 0xFFFFFFFF),
            ),
            max_size=4,
        ),
        max_size=4,
    ),
    st.binary(max_size=40),
)
def test_any_block_gives_patches_that_stay_inside(order, tables, rest):
    block = tiff(order, *(table(order, *entries) for entries in tables), rest)
    exif.orientation(block)
    once = applied(block)
    assert len(once) == len(block)
    assert once[:8] == block[:8]


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ([(0x0112, 3, 1, 6)], 6),
        ([(0x0112, 3, 1, 9), (0x0112, 3, 1, 6)], 6),
        ([(0x0112, 3, 1, 3), (0x0112, 3, 1, 6)], 3),
        ([(0x0128, 5, 1, 0xFFFF), (0x0112, 3, 1, 6)], 6),
        ([(0x010F, 3, 1, 1)] * 2_000 + [(0x0112, 3, 1, 6)], 6),
        ([(0x0112, 4, 1, 6)], 1),
        ([(0x0112, 1, 1, 6)], 1),
        ([(0x0112, 3, 2, 6)], 1),
    ],
    ids=lambda value: str(value)[-30:],
)
def test_only_one_short_number_turns_a_picture(entries, expected):
    """Beside whatever other tags, as in Chromium and Firefox."""
    assert exif.orientation(tiff("<", table("<", *entries))) == expected
