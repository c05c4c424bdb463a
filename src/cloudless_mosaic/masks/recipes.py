"""The recipes that can be asked for by name.

Sources: ``deafrica``: Digital Earth Africa's GeoMAD (odc-stats, plugin ``gm-s2``). ``cdse``: the Sentinel-2
    quarterly mosaics of the Copernicus Data Space Ecosystem. ``worldcereal``: the preprocessing of ESA
    WorldCereal. Their distances are given there in pixels of 20 m.
"""

from __future__ import annotations

from dataclasses import replace

from cloudless_mosaic.masks.class_step import ClassStep
from cloudless_mosaic.masks.classes import CLOUD_CLASSES
from cloudless_mosaic.masks.dates import DateTest
from cloudless_mosaic.masks.mask import Mask
from cloudless_mosaic.masks.networks import make_network
from cloudless_mosaic.masks.recipe import MaskOption, MaskSettings, Options, Recipe

_BY_CLASSES = "by the scene classification"

_SCL_DILATION = 100.0
_NEAR = 120.0
_LIMITS = DateTest()


def scl_step(
    clear: tuple[int, ...], dilation: float, opening: float = 0.0, erosion: float = 0.0
) -> ClassStep:
    """Classes that count as clear; cloud and shadow that aren't among them grow.

    Args:
        clear: Codes of the scene classification.
        dilation: Metres by which cloud and shadow grow.
        opening: See ``ClassStep``.
        erosion: See ``ClassStep``.
    """
    spreading = tuple(code for code in CLOUD_CLASSES if code not in clear)
    return ClassStep(tuple(sorted(clear)), spreading, dilation, opening, erosion)


def _dilation(settings: MaskSettings, default: float) -> float:
    return default if settings.dilation is None else settings.dilation


def _scl(settings: MaskSettings, options: Options) -> Mask:
    grown = _dilation(settings, _SCL_DILATION)
    step = scl_step(settings.clear_classes, grown, options["opening"], options["erosion"])
    return Mask("scl", _BY_CLASSES, step, cloud_probability=options["probability"])


def _multidate(settings: MaskSettings, options: Options) -> Mask:
    near = _dilation(settings, _NEAR)
    clear = tuple(sorted(settings.clear_classes))
    step = ClassStep(
        clear,
        tuple(code for code in CLOUD_CLASSES if code not in clear),
        dilation=near,
        doubtful=tuple(code for code in (7,) if code in clear),
        far=max(near, options["far"]),
        snow=tuple(code for code in (11,) if code in clear),
    )
    limits = {name: int(options[name]) for name in ("haze", "doubt", "hot", "lit", "gap", "neighbours")}
    title = "by the scene classification and by comparing dates"
    return Mask("multidate", title, step, DateTest(**limits), cloud_probability=options["probability"])


def _ukis(settings: MaskSettings, options: Options) -> Mask:
    title = "by the scene classification, a network and comparing dates"
    return replace(_multidate(settings, options), name="ukis", title=title, network=make_network("ukis"))


def _omnicloudmask(settings: MaskSettings, options: Options) -> Mask:
    network = make_network("omnicloudmask", settings.weights)
    title = "by the scene classification, two networks and comparing dates"
    return replace(_multidate(settings, options), name="omnicloudmask", title=title, network=network)


def _deafrica(settings: MaskSettings, options: Options) -> Mask:  # noqa: ARG001 - the signature of a recipe
    step = ClassStep((1, 2, 4, 5, 6, 7, 11), CLOUD_CLASSES, options["dilation"], options["opening"])
    return Mask("deafrica", _BY_CLASSES, step)


def _cdse(settings: MaskSettings, options: Options) -> Mask:  # noqa: ARG001 - as above
    return Mask("cdse", _BY_CLASSES, ClassStep((2, 4, 5, 6, 11), ()))


def _worldcereal(settings: MaskSettings, options: Options) -> Mask:  # noqa: ARG001 - as above
    step = ClassStep(
        (2, 4, 5, 6, 7), (0, 1, 3, 8, 9, 10, 11), options["dilation"], erosion=options["erosion"]
    )
    return Mask("worldcereal", _BY_CLASSES, step)


def _none(settings: MaskSettings, options: Options) -> Mask:  # noqa: ARG001 - as above
    return Mask("none", "not at all")


def _limit(default: int) -> MaskOption:
    return MaskOption(default, "DN", 10_000)


def _metres(default: float, example: float = 0) -> MaskOption:
    return MaskOption(default, "m", example=example)


_PROBABILITY = MaskOption(0, "%, 0 is off", 100, example=65)

multidate = Recipe(
    _multidate,
    guides=DateTest.guides,
    dilation=_NEAR,
    takes_classes=True,
    options={
        "far": _metres(300),
        "haze": _limit(_LIMITS.haze),
        "doubt": _limit(_LIMITS.doubt),
        "hot": _limit(_LIMITS.hot),
        "lit": _limit(_LIMITS.lit),
        "gap": _limit(_LIMITS.gap),
        "neighbours": MaskOption(0, "dates, 0 is off", 100, example=2),
        "probability": _PROBABILITY,
    },
)
"""Near cloud an observation counts only where another date confirms it; haze and shadow go by comparing
dates."""

ukis = replace(multidate, make=_ukis, guides=("B02", "B03", "B04", "B08"))
"""As multidate, and the clouds and shadows that a network finds are masked as well."""

omnicloudmask = replace(ukis, make=_omnicloudmask, takes_weights=True)
"""The same by other networks, whose weights are in a folder."""

scl = Recipe(
    _scl,
    dilation=_SCL_DILATION,
    takes_classes=True,
    options={"opening": _metres(0, 40), "erosion": _metres(0, 20), "probability": _PROBABILITY},
)
"""Chosen classes count as clear; cloud and shadow grow."""

deafrica = Recipe(_deafrica, options={"opening": _metres(40), "dilation": _metres(100)})
cdse = Recipe(_cdse)
worldcereal = Recipe(_worldcereal, options={"erosion": _metres(60), "dilation": _metres(260)})

none = Recipe(_none, reads_classes=False)
"""Every pixel that has data counts as clear."""
