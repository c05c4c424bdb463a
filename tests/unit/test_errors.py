import pickle

import pytest

from cloudless_mosaic.errors import (
    CloudlessMosaicError,
    MetadataError,
    NoDataError,
    ObservationsLostError,
    SourceError,
    TemporaryError,
    UsageError,
)

MESSAGE = "`max_items` must be greater than 0, got 0; raise `max_items`, or leave `mask` none"


@pytest.mark.parametrize(
    "kind", [CloudlessMosaicError, UsageError, NoDataError, ObservationsLostError, TemporaryError]
)
def test_fields_are_plain_names_for_python_and_options_for_the_command_line(kind):
    error = kind(MESSAGE)
    assert str(error) == "max_items must be greater than 0, got 0; raise max_items, or leave mask none"
    assert error.naming(lambda field: f"<{field}>") == (
        "<max_items> must be greater than 0, got 0; raise <max_items>, or leave <mask> none"
    )
    assert error.marked == MESSAGE


def test_an_error_that_quotes_another_keeps_its_fields():
    inner = UsageError("AOI has no area; write `aoi`=1,2,3,4")
    outer = UsageError(f"`aoi` a.json: {inner.marked}")
    assert outer.naming(str.upper) == "AOI a.json: AOI has no area; write AOI=1,2,3,4"


def test_fields_survive_the_way_from_a_worker():
    error = pickle.loads(pickle.dumps(ObservationsLostError(MESSAGE)))
    assert error.marked == MESSAGE


@pytest.mark.parametrize("kind", [MetadataError, SourceError])
def test_reasons_that_are_recorded_stay_as_they_are(kind):
    """They quote libraries and catalogues, and stand in STAC items."""
    assert str(kind("`gdal` can't open it")) == "`gdal` can't open it"


@pytest.mark.parametrize("text", ["`", "``", "``max_items``x", "`a b`", "`1`", "`B04`", "'`rm -rf`'"])
def test_other_backticks_stay(text):
    expected = text.replace("`max_items`", "max_items")
    assert str(UsageError(text)) == expected


def test_an_error_without_a_message():
    assert str(TemporaryError()) == ""
