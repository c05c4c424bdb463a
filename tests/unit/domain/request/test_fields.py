from dataclasses import dataclass, field, fields
from importlib import import_module
from pathlib import Path

import pytest

import cloudless_mosaic
from cloudless_mosaic.burned.request import BurnedAreaRequest
from cloudless_mosaic.domain.request import (
    MaskOptions,
    MosaicRequest,
    RequestPart,
    decides_neither,
    decides_pixels,
    decides_place,
    declaration_of,
    declared_like,
    omitted_defaults,
    written_fields,
)

SOURCE = Path(cloudless_mosaic.__file__).parent


def request_classes():
    """Every request of the package, and every part of one."""
    for path in (*SOURCE.glob("**/request.py"), *SOURCE.glob("**/request/*.py")):
        import_module(".".join(("cloudless_mosaic", *path.relative_to(SOURCE).with_suffix("").parts)))
    found, new = [], [RequestPart]
    while new:
        new = [below for one in new for below in one.__subclasses__()]
        found += [one for one in new if one.__module__.startswith("cloudless_mosaic.")]
    return list(dict.fromkeys(found))


def test_the_classes_are_found():
    assert {MosaicRequest, BurnedAreaRequest, MaskOptions} < set(request_classes())


@pytest.mark.parametrize("request_class", request_classes(), ids=lambda one: one.__name__)
def test_every_field_says_what_it_decides(request_class):
    for one in fields(request_class):
        assert declaration_of(request_class, one.name).decides in {"pixels", "place", "neither"}


NOT_PIXELS = {
    "headers": "neither",
    "compression": "place",
    "name": "place",
    "tile_size": "place",
    "shard": "neither",
    "geoparquet": "neither",
    "max_lost": "neither",
    "output_dir": "neither",
    "overwrite": "neither",
    "workers": "neither",
    "cluster": "neither",
    "worker_memory": "neither",
    "gateway_url": "neither",
    "wait_workers": "neither",
}
"""Written here a second time, since a field that wrongly declares that it decides nothing can't be found by
the record, which is made from the declarations."""


@pytest.mark.parametrize("request_class", [MosaicRequest, BurnedAreaRequest])
def test_every_other_field_decides_pixels(request_class):
    for one in fields(request_class):
        decides = declaration_of(request_class, one.name).decides
        assert decides == NOT_PIXELS.get(one.name, "pixels"), one.name


@pytest.mark.parametrize("request_class", request_classes(), ids=lambda one: one.__name__)
def test_no_two_fields_are_written_under_one_name(request_class):
    declared = {one.name: declaration_of(request_class, one.name) for one in fields(request_class)}
    names = [each.name or name for name, each in declared.items() if each.decides != "neither"]
    assert len(names) == len(set(names))


@dataclass(frozen=True, kw_only=True)
class Example:
    first: int = field(metadata=decides_pixels())
    masked: bool = field(default=True, metadata=decides_pixels())
    renamed: tuple = field(
        default=(1, 2),
        metadata=decides_pixels(name="other", written=list, when=lambda example: example.masked),
    )
    unset: str | None = field(default=None, metadata=decides_pixels())
    added: str = field(default="median", metadata=decides_pixels(omit_default=True))
    grown: list = field(default_factory=list, metadata=decides_place(omit_default=True))
    speed: int = field(default=3, metadata=decides_neither())
    left: int | None = field(
        default=None, metadata=decides_pixels(completed=lambda one: one.left or 10 * one.speed - 30 or None)
    )


@pytest.mark.parametrize(
    ("values", "record"),
    [
        ({}, {"first": 1, "masked": True, "other": [1, 2]}),
        ({"masked": False}, {"first": 1, "masked": False}),
        ({"unset": "a"}, {"first": 1, "masked": True, "other": [1, 2], "unset": "a"}),
        ({"added": "median"}, {"first": 1, "masked": True, "other": [1, 2]}),
        ({"added": "max"}, {"first": 1, "masked": True, "other": [1, 2], "added": "max"}),
        ({"grown": []}, {"first": 1, "masked": True, "other": [1, 2]}),
        ({"grown": [4]}, {"first": 1, "masked": True, "other": [1, 2], "grown": [4]}),
        ({"speed": 3}, {"first": 1, "masked": True, "other": [1, 2]}),
        ({"speed": 4}, {"first": 1, "masked": True, "other": [1, 2], "left": 10}),
        ({"left": 7}, {"first": 1, "masked": True, "other": [1, 2], "left": 7}),
    ],
)
def test_fields_are_written_as_they_say(values, record):
    written = written_fields(Example(first=1, **values))
    assert written == record
    assert list(written) == list(record)


@dataclass(frozen=True, kw_only=True)
class Silent:
    first: int = field(default=1, metadata=decides_pixels())
    second: int = 2


def test_a_field_that_says_nothing_is_refused():
    with pytest.raises(TypeError, match="the field second does not declare"):
        written_fields(Silent())


def test_another_default_keeps_the_declaration():
    assert declaration_of(BurnedAreaRequest, "clear_classes") == declaration_of(MaskOptions, "clear_classes")
    assert declared_like(MaskOptions, "mask")["decides"] == declaration_of(MosaicRequest, "mask")


def test_fields_of_a_request_are_those_of_its_parts_in_their_order():
    parts = [one for one in reversed(MosaicRequest.__mro__) if issubclass(one, RequestPart)][1:-1]
    assert [one.name for part in parts for one in fields(part)] == [one.name for one in fields(MosaicRequest)]


def test_defaults_that_are_not_written_are_known_by_the_names_of_the_record():
    assert omitted_defaults(Example) == {"added": "median", "grown": []}
