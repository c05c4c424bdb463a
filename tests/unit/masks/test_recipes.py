"""The recipes by name, their options, and what they say of themselves."""

import pickle

import pytest

from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.masks import AUTO, MASKS, MaskSettings, make_mask
from cloudless_mosaic.masks.classes import DEFAULT_CLEAR_CLASSES


def made(name, *options, clear=DEFAULT_CLEAR_CLASSES, dilation=None):
    return make_mask(name, MaskSettings(clear, dilation, options))


@pytest.mark.parametrize("name", MASKS)
def test_the_registry_says_what_the_mask_does(name):
    if name == "ukis":
        pytest.importorskip("ukis_csmask", reason="the extra ukis is not installed")
        pytest.importorskip("onnxruntime", reason="the extra ukis is not installed")
    if MASKS[name].takes_weights:
        pytest.skip("its weights are in no package; see test_omnicloudmask")
    mask = made(name)
    assert (mask.name, mask.reads_classes, mask.looks_at) == (
        name,
        MASKS[name].reads_classes,
        set(MASKS[name].guides),
    )
    assert pickle.loads(pickle.dumps(mask)) == mask


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("none", ["No cloud mask"]),
        ("scl", ["Clear are the classes 2 (dark area), 4", "Clouds and their shadows were grown by 100 m."]),
        ("deafrica", ["were opened by 40 m, then grown by 100 m."]),
        ("cdse", ["Clear are the classes 2 (dark area), 4 (vegetation), 5 (not vegetated), 6 (water), 11"]),
        ("worldcereal", ["The classes 0 (no data), 1", "were shrunk by 60 m, then grown by 260 m."]),
        (
            "multidate",
            [
                "grown by 120 m.",
                "Doubtful is the class 7 (unclassified), and what lies within 300 m of clouds",
                "compared in B02, B04 and B08",
                "by over 250,",
                "may have 200 more, or alone a B02 - B04 / 2 of 350.",
            ],
        ),
    ],
)
def test_descriptions_say_steps_bands_and_limits(name, parts):
    for part in parts:
        assert part in made(name).description


def test_options_change_the_limits():
    mask = made("multidate", ("far", "360"), ("haze", "300"), clear=(4, 5), dilation=60.0)
    assert (mask.classes.far, mask.classes.dilation, mask.dates.haze) == (360, 60, 300)
    assert mask.classes.clear == (4, 5)
    assert (mask.classes.doubtful, mask.classes.snow) == ((), ())
    assert made("deafrica", ("opening", "0")).classes.opening == 0


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        (
            "scl",
            [("far", "3")],
            "mask_options far is not an option of the mask scl; it takes opening, erosion",
        ),
        ("none", [("far", "3")], "far is not an option of the mask none; it takes none"),
        (
            "multidate",
            [("far", "wide")],
            "far takes a number from 0 to 5000 .m., got 'wide'; for example far=300",
        ),
        ("multidate", [("far", "nan")], "got 'nan'"),
        ("multidate", [("far", "-1")], "got '-1'"),
        ("multidate", [("haze", "2.5")], "haze takes a whole number from 0 to 10000 .DN., got '2.5'"),
        ("multidate", [("haze", "70000")], "got '70000'"),
        ("multidate", [("neighbours", "1.5")], "a whole number from 0 to 100 .* for example neighbours=2"),
        ("multidate", [("haze", "1"), ("haze", "1")], "mask_options has haze more than once; give it once"),
    ],
)
def test_options_that_make_no_sense_are_refused(name, options, message):
    with pytest.raises(UsageError, match=message):
        made(name, *options)


def test_a_mask_that_does_not_exist_is_refused_with_those_that_do():
    with pytest.raises(UsageError, match=f"choose one of {', '.join((AUTO, *MASKS))}"):
        made("s2cloudless")
