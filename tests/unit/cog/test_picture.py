import imagecodecs
import numpy as np
import pytest

from cloudless_mosaic.cog.picture import GAMMA, WHITE, Stretch, thumbnail
from cloudless_mosaic.domain.bands import BANDS


def test_every_band_has_a_stretch():
    assert WHITE.keys() == BANDS.keys()


@pytest.mark.parametrize("band", ["B04", "B08", "B11"])
def test_levels_rise_from_one_to_white(band):
    values = np.arange(65536, dtype=np.uint16).reshape(1, 256, 256)
    levels = Stretch([band])(values).reshape(-1)
    assert levels[0] == 0
    assert 1 <= levels[1] <= 3
    assert (np.diff(levels.astype(int)) >= 0).all()
    white = round(WHITE[band] * 10_000)
    assert levels[white] == 255
    assert levels[white - 200] < 255
    assert levels[white // 2] == round(1 + 254 * 0.5 ** (1 / GAMMA))


@pytest.mark.parametrize(
    ("bands", "shown"),
    [
        (["B02", "B03", "B04"], ("B04", "B03", "B02")),
        (["B08", "B02", "B11", "B03", "B04"], ("B04", "B03", "B02")),
        (["B08", "B04", "B03"], ("B08", "B04", "B03")),
        (["B12", "B11", "B8A", "B04"], ("B12", "B11", "B8A")),
        (["B08", "B04"], ("B08",)),
        (["B05"], ("B05",)),
    ],
)
def test_what_is_shown(bands, shown):
    stretch = Stretch(bands)
    assert stretch.bands == shown
    data = np.random.default_rng(0).integers(0, 6000, (len(bands), 5, 7), np.uint16)
    picture = stretch(data)
    assert picture.dtype == np.uint8
    for place, band in enumerate(shown):
        np.testing.assert_array_equal(picture[place], Stretch([band])(data[[bands.index(band)]])[0])


@pytest.mark.parametrize("shape", [(1, 1, 1), (3, 1, 1), (3, 1, 5), (3, 5, 1)])
def test_thumbnails_of_next_to_nothing(shape):
    pixels = imagecodecs.png_decode(thumbnail(np.full(shape, 7, np.uint8)))
    assert pixels.shape == (*shape[1:], shape[0] + 1)


@pytest.mark.parametrize("bands", [1, 3])
def test_thumbnails_are_transparent_where_no_band_has_data(bands):
    picture = np.full((bands, 4, 6), 100, np.uint8)
    picture[:, 0, 0] = 0
    picture[0, 1, 1] = 0
    pixels = imagecodecs.png_decode(thumbnail(picture))
    assert pixels.shape == (4, 6, bands + 1)
    np.testing.assert_array_equal(pixels[..., :-1], picture.transpose(1, 2, 0))
    assert pixels[0, 0, -1] == 0
    assert pixels[1, 1, -1] == (255 if bands == 3 else 0)
    assert (pixels[2:, :, -1] == 255).all()
