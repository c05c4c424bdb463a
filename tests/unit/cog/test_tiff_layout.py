import struct

from affine import Affine
from odc.geo.geobox import GeoBox

from cloudless_mosaic.cog import tiff_layout as geotiff
from cloudless_mosaic.cog.georeferencing import geo_tags
from cloudless_mosaic.cog.tiff_layout import Level, ascii_tag, build_header, long_tag, short_tag, wrap_tile


def entries(data, at, *, big=False):
    """Tags of a directory by number: type, count and place or value."""
    head, entry = ("<Q", "<HHQQ") if big else ("<H", "<HHII")
    (count,) = struct.unpack_from(head, data, at)
    at += struct.calcsize(head)
    found = {}
    for _ in range(count):
        code, *rest = struct.unpack_from(entry, data, at)
        found[code] = rest
        at += struct.calcsize(entry)
    return found, struct.unpack_from("<Q" if big else "<I", data, at)[0]


def levels():
    full = Level((long_tag(256, 1024), ascii_tag(42112, "odd"), short_tag(258, 16, 16, 16)), (100, 7, 9, 50))
    overview = Level((long_tag(256, 512),), (33,))
    return [full, overview]


def test_directories_chain_and_tags_ascend():
    header = build_header(levels())
    (first,) = struct.unpack_from("<I", header.data, 4)
    tags, following = entries(header.data, first)
    assert list(tags) == sorted(tags) == [256, 258, 324, 325, 42112]
    assert tags[256] == [4, 1, 1024]
    assert tags[42112][1] == 4
    overview, end = entries(header.data, following)
    assert end == 0
    assert overview[325] == [4, 1, 33]
    assert first < following < len(header.data)


def test_values_begin_on_even_bytes():
    header = build_header([Level((ascii_tag(270, "seven."), short_tag(258, 1, 2, 3)), (5, 6))])
    tags, _ = entries(header.data, struct.unpack_from("<I", header.data, 4)[0])
    assert tags[270][1] == 7
    assert all(tags[code][2] % 2 == 0 for code in (258, 270, 324, 325))


def test_tiles_lie_behind_the_header_smallest_overview_first():
    header = build_header(levels())
    full, overview = header.tile_offsets
    assert overview == (len(header.data) + 4,)
    assert full == tuple(len(header.data) + 4 + 41 + place for place in (0, 108, 123, 140))
    assert header.size == len(header.data) + 41 + 108 + 15 + 17 + 58


def test_ghost_text_has_the_length_it_names():
    data = build_header(levels()).data
    assert data[8:].startswith(b"GDAL_STRUCTURAL_METADATA_SIZE=000140 bytes\nLAYOUT=IFDS_BEFORE_DATA\n")
    text = data[8 + 43 : 8 + 43 + 140]
    assert text.endswith(b"KNOWN_INCOMPATIBLE_EDITION=NO\n ")


def test_a_tile_is_wrapped_in_its_size_and_its_end():
    assert b"".join(wrap_tile(b"abcdefg")) == b"\x07\0\0\0abcdefgdefg"


def test_beyond_the_limit_it_is_a_big_tiff():
    many = [Level((long_tag(256, 1),), (2**31, 2**31 - 1))]
    header = build_header(many)
    assert struct.unpack_from("<2sHHH", header.data) == (b"II", 43, 8, 0)
    (first,) = struct.unpack_from("<Q", header.data, 8)
    tags, _ = entries(header.data, first, big=True)
    assert tags[324][:2] == [16, 2]
    (place,) = struct.unpack_from("<Q", header.data, tags[324][2] + 8)
    assert place == header.tile_offsets[0][1] > geotiff.CLASSIC_LIMIT // 2


def test_up_to_the_limit_it_is_a_classic_one():
    small = build_header([Level((), (1,))])
    room = geotiff.CLASSIC_LIMIT - small.size + 1
    assert build_header([Level((), (room,))]).data[:4] == b"II\x2a\0"
    assert build_header([Level((), (room + 1,))]).data[:4] == b"II\x2b\0"


def test_geo_tags_are_those_of_gdal():
    geobox = GeoBox((5, 5), Affine(10, 0, 499980, 0, -10, 5300040), "EPSG:32610")
    tags = {tag.code: tag for tag in geo_tags(geobox)}
    assert list(tags) == [33550, 33922, 34735, 34737]
    assert struct.unpack("<3d", tags[33550].data) == (10, 10, 0)
    assert struct.unpack("<6d", tags[33922].data) == (0, 0, 0, 499980, 5300040, 0)
    assert tags[34737].data.startswith(b"WGS 84 / UTM zone 10N|")


def test_short_geo_tags_are_read_from_the_entry_itself():
    tag = geotiff.Tag(34737, 2, 3, b"a|\0")
    (found,) = geotiff.read_geo_tags(build_header([Level((tag, long_tag(256, 1)), (1,))]).data)
    assert found.data == tag.data
