"""A recipe in a file: the steps of a mask and their options, as TOML."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.masks.class_step import ClassStep
from cloudless_mosaic.masks.classes import CLOUD_CLASSES, SCL_CLASSES
from cloudless_mosaic.masks.dates import DateTest
from cloudless_mosaic.masks.mask import Mask
from cloudless_mosaic.masks.network import Network
from cloudless_mosaic.masks.networks import NETWORKS, make_network
from cloudless_mosaic.masks.recipe import Recipe

_LARGEST_FILE = 2**20
_NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")
_METRES = ("dilation", "opening", "erosion", "far")
_CODES = ("clear", "masked", "doubtful", "snow")
_LIMITS = tuple(field.name for field in fields(DateTest))
_STEPS = {
    "classes": (*_CODES, *_METRES),
    "probability": ("limit",),
    "network": ("name", "weights"),
    "dates": _LIMITS,
}
"""Options of each step."""

Table = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class MaskTable:
    """A recipe that was read from a file."""

    mask: Mask
    """The mask that it makes."""

    @property
    def recipe(self) -> Recipe:
        """The same as one of the registry; it takes no options."""
        return Recipe(
            make=lambda _settings, _options: self.mask,
            reads_classes=self.mask.reads_classes,
            guides=tuple(sorted(self.mask.looks_at)),
        )

    @property
    def fields(self) -> dict[str, object]:
        """All options as in a file, defaults included, for provenance."""
        written: dict[str, object] = {"name": self.mask.name}
        classes, dates, network = self.mask.classes, self.mask.dates, self.mask.network
        if classes:
            codes = {
                "clear": classes.clear,
                "masked": classes.spreading,
                "doubtful": classes.doubtful,
                "snow": classes.snow,
            }
            metres = {name: getattr(classes, name) for name in _METRES}
            written["classes"] = {
                **{name: list(some) for name, some in codes.items() if some},
                **{name: distance for name, distance in metres.items() if distance},
            }
        if self.mask.cloud_probability:
            written["probability"] = {"limit": self.mask.cloud_probability}
        if network:
            written["network"] = network.written
        if dates:
            limits = {name: getattr(dates, name) for name in _LIMITS}
            off = {"neighbours"} if not dates.neighbours else set()
            written["dates"] = {name: value for name, value in limits.items() if name not in off}
        return written


def read_mask_table(path: Path) -> MaskTable:
    """Reads a recipe from a file of TOML.

    Raises:
        UsageError: if the file can't be read, or holds no recipe; the message names it.
    """
    try:
        return parse_mask_table(tomllib.loads(_text_of(path)))
    except OSError as error:
        reason = f"it can't be read ({error.strerror})"
    except UnicodeDecodeError:
        reason = "it is not text in UTF-8"
    except (ValueError, RecursionError) as error:
        reason = f"it is not TOML ({str(error).splitlines()[0] if str(error) else type(error).__name__})"
    except UsageError as error:
        reason = error.marked
    raise UsageError(f"`mask` {path}: {reason}; docs/explanation/masking.md has an example")


def _text_of(path: Path) -> str:
    if path.exists() and not path.is_file():
        raise UsageError("it is no file")
    if path.stat().st_size > _LARGEST_FILE:
        raise UsageError("it is larger than 1 MiB")
    return path.read_text("utf-8")


def parse_mask_table(table: Table) -> MaskTable:
    """Makes a recipe of the tables of a file.

    Raises:
        UsageError: if a step or an option is unknown, missing or unusable; the message names it.
    """
    unknown = sorted(set(table) - {"name", *_STEPS})
    if unknown:
        raise UsageError(f"unknown step {unknown[0]!r}; a mask has name, {', '.join(_STEPS)}")
    name = table.get("name")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise UsageError(f"name must be a word of small letters, digits and hyphens, got {str(name)[:40]!r}")
    steps = {step: _step(step, table[step]) for step in _STEPS if step in table}
    if "classes" not in steps and steps:
        raise UsageError(f"{next(iter(steps))} needs classes, which say where there is data")
    return MaskTable(
        Mask(
            name,
            "by a recipe in a file",
            _classes(steps["classes"]) if "classes" in steps else None,
            _dates(steps["dates"]) if "dates" in steps else None,
            _network(steps["network"]) if "network" in steps else None,
            _number("probability", "limit", steps["probability"].get("limit"), 100)
            if "probability" in steps
            else 0.0,
        )
    )


def _step(step: str, options: object) -> Table:
    if not isinstance(options, Mapping):
        raise UsageError(f"{step} must be a table: [{step}]")
    unknown = sorted(set(options) - set(_STEPS[step]))
    if unknown:
        raise UsageError(f"{step}.{unknown[0]} is unknown; {step} takes {', '.join(_STEPS[step])}")
    return options


def _classes(options: Table) -> ClassStep:
    if "clear" not in options:
        raise UsageError("classes.clear is missing; it lists the codes that are clear, such as [4, 5, 6]")
    clear = _codes("clear", options["clear"])
    masked = _codes("masked", options.get("masked", [code for code in CLOUD_CLASSES if code not in clear]))
    both = sorted(set(clear) & set(masked))
    if both or not clear:
        raise UsageError(
            f"classes.masked has {both[0]}, which is in classes.clear as well"
            if both
            else "classes.clear is empty; no pixel would be left"
        )
    special = {name: _codes(name, options.get(name, [])) for name in ("doubtful", "snow")}
    for name, codes in special.items():
        unclear = sorted(set(codes) - set(clear))
        if unclear:
            raise UsageError(f"classes.{name} has {unclear[0]}, which isn't in classes.clear")
    metres = {name: _number("classes", name, options.get(name, 0), 5000) for name in _METRES}
    return ClassStep(
        clear,
        masked,
        dilation=metres["dilation"],
        opening=metres["opening"],
        erosion=metres["erosion"],
        doubtful=special["doubtful"],
        far=metres["far"],
        snow=special["snow"],
    )


def _dates(options: Table) -> DateTest:
    return DateTest(**{name: _whole("dates", name, value) for name, value in options.items()})


def _network(options: Table) -> Network:
    name, weights = options.get("name"), options.get("weights")
    if not isinstance(name, str) or name not in NETWORKS:
        raise UsageError(f"network.name must be one of {', '.join(NETWORKS)}, got {str(name)[:40]!r}")
    if weights is not None and not isinstance(weights, str):
        raise UsageError(f"network.weights must be the path of a folder, got {str(weights)[:40]!r}")
    if weights and name == "ukis":
        raise UsageError("network.weights: the weights of ukis are in its package; leave them out")
    return make_network(name, Path(weights) if weights else None)


def _codes(name: str, codes: object) -> tuple[int, ...]:
    if not isinstance(codes, list) or not all(type(code) is int and code in SCL_CLASSES for code in codes):
        raise UsageError(f"classes.{name} must be a list of codes from 0 to 11, got {str(codes)[:40]!r}")
    return tuple(sorted(set(codes)))


def _number(step: str, name: str, value: object, most: float) -> float:
    right = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if not right or not 0 <= float(str(value)) <= most:
        raise UsageError(f"{step}.{name} must be a number from 0 to {most:g}, got {str(value)[:40]!r}")
    return float(str(value))


def _whole(step: str, name: str, value: object) -> int:
    number = _number(step, name, value, 10_000)
    if number != int(number):
        raise UsageError(f"{step}.{name} must be a whole number, got {value}")
    return int(number)
