import pytest

from cloudless_mosaic.cli.values import read_names


@pytest.mark.parametrize(
    "texts", [("red", "green", "blue"), ("red,green,blue",), ("red green", "blue"), (" red, green ,blue,",)]
)
def test_names_are_repeated_or_in_one_text(texts):
    assert read_names(texts) == ("red", "green", "blue")
