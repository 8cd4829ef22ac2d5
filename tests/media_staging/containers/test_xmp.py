import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media_staging.containers import xmp


def blanked(packet: bytes) -> bytes:
    edited = bytearray(packet)
    for at, replacement in xmp.patches(packet):
        assert set(replacement) == {0x20}
        edited[at : at + len(replacement)] = replacement
    assert len(edited) == len(packet)
    return bytes(edited)


@pytest.mark.parametrize(
    "position",
    [
        b'exif:GPSLatitude="35,41N"',
        b"exif:GPSLatitude='35,41N'",
        b'e2:GPSAltitude = "12/1"',
        b'drone-dji:GpsLongtitude="+139.1"',
        b'drone-dji:Latitude="+35.1"',
        b'drone-dji:AbsoluteAltitude="+35.1"',
        b'exif:GPSMapDatum=""',
    ],
)
def test_attribute_is_blanked(position):
    assert blanked(b"<d a:b='1' " + position + b" c:d='2'/>") == (
        b"<d a:b='1' " + b" " * len(position) + b" c:d='2'/>"
    )


@pytest.mark.parametrize(
    "position",
    [
        b"<exif:GPSLatitude>35,41N</exif:GPSLatitude>",
        b"<exif:GPSLatitude\n rdf:parseType='Resource'><a:b>1</a:b><c/></exif:GPSLatitude>",
        b"<GPSLatitude>35,41N</GPSLatitude >",
        b"<exif:GPSLatitude/>",
        b"<exif:GPSA><exif:GPSA>1</exif:GPSA>2</exif:GPSA>",
        b"<exif:GPSA><exif:GPSB>1</exif:GPSA>",
        b"<drone-dji:gpslatitude>1</drone-dji:gpslatitude>",
        b"<dwc:decimalLongitude>28.9</dwc:decimalLongitude>",
        b"<geo:lat>41.0</geo:lat>",
        b"<exif:GPSLatitude>35,41N",
    ],
)
def test_element_is_blanked_with_all_it_contains(position):
    assert blanked(b"<d>x" + position + b"<y/></d>") == (
        b"<d>x" + b" " * len(position) + b"<y/></d>"
    )


def test_other_names_are_kept():
    packet = (
        b"<d xmlns:gps='http://example.com/gps' a:MyGPS='1' a:LatitudeOfPose='3'>"
        b"<a:Title>GPS exif:GPS</a:Title><a:Longitudes>2</a:Longitudes></d>"
    )
    assert xmp.patches(packet) == []


def test_packet_full_of_positions_is_blanked_as_a_whole():
    packet = b"<d>" + b"<GPSA/>" * 1_001 + b"</d>"
    assert blanked(packet) == b" " * len(packet)


@given(
    st.lists(
        st.sampled_from(
            [
                *rb"""< > / <e:GPSA </e:GPSA> </GPSB> <GPSB> e:GPSC = ' " x :""".split(),
                *(b" ", b"\xc3\xa9", b"\x00"),
            ]
        )
    )
)
def test_any_packet_keeps_its_length(parts):
    once = blanked(b"".join(parts))
    assert len(once) == len(b"".join(parts))


@pytest.mark.parametrize(
    "unit",
    [b"<e:GPSA>", b" e:GPSA='", b' e:GPSA="', b"</e:GPSA>", b" GPS", b"gps:", b" ", b"<GPSA "],
)
def test_hostile_packets_take_linear_time(unit):
    packet = b" gps" + unit * (1_000_000 // len(unit))
    started = time.perf_counter()
    xmp.patches(packet)
    # Quadratic would be hours; the slack is for a busy machine.
    assert time.perf_counter() - started < 20


WIDE = ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"]


@pytest.mark.parametrize("encoding", WIDE)
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_wide_characters_are_blanked_as_narrow_ones(images, encoding, mark):
    narrow = mark + images.XMP.decode() + "<rdf:li>\u0130stanbul \U0001f5fa</rdf:li>"
    packet = narrow.encode(encoding)
    edited = bytearray(packet)
    for at, replacement in xmp.patches(packet):
        edited[at : at + len(replacement)] = replacement
    # The mark at the start is of the text, not of what is compared.
    assert edited.decode(encoding).encode() == blanked(narrow.encode())
    assert images.LATITUDE.decode() not in edited.decode(encoding)


@pytest.mark.parametrize("encoding", WIDE)
def test_a_view_of_wide_characters_is_as_good(images, encoding):
    packet = images.XMP.decode().encode(encoding)
    assert xmp.patches(memoryview(packet)) == xmp.patches(packet)


def test_wide_letters_in_a_narrow_packet_hide_nothing(images):
    packet = "<rdf:RDF>".encode("utf-16-le") + images.XMP
    edited = bytearray(packet)
    for at, replacement in xmp.patches(packet):
        edited[at : at + len(replacement)] = replacement
    assert images.LATITUDE not in edited


@given(st.binary(max_size=300), st.sampled_from(WIDE))
def test_wide_garbage_is_survived(noise, encoding):
    packet = "RDF<exif:GPSLatitude>".encode(encoding) + noise
    for at, replacement in xmp.patches(packet):
        assert at + len(replacement) <= len(packet)


@pytest.mark.parametrize("form", ["WEBP", "AVIF"])
def test_a_wide_packet_in_a_file_loses_its_position(images, form):
    packet = images.XMP.decode().encode("utf-16-le")
    data = images.saved(images.picture(), form, xmp=packet)
    assert packet in data
    kept = images.patched(data, images.looked_at(data))
    assert len(kept) == len(data)
    assert images.LATITUDE.decode().encode("utf-16-le") not in kept
    assert "xmp:Rating".encode("utf-16-le") in kept
