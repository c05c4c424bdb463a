"""Writes the tables of ``docs/radiometry.md`` from the code that decides: ``make docs``."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Iterator
from itertools import product
from pathlib import Path

from cloudless_mosaic.catalog.providers import PROVIDERS, Provider
from cloudless_mosaic.domain.radiometry import decide_offset
from cloudless_mosaic.errors import MetadataError

_BEGIN, _END = "<!-- tables: written by make docs -->\n", "<!-- end of the tables -->\n"
_BASELINES = {"before 04.00": "03.01", "04.00 and newer": "05.11", "unknown": ""}
_FLAGS = {"absent": None, "false": False, "true": True}
_METADATA = {"nothing": frozenset[int](), "0": frozenset({0}), "-0.1": frozenset({-1000})}
_HEAD = ("Baseline", "Flag", "Offset in the metadata", "Added to pixels", "Why")


def main(page: Path) -> None:
    """Replaces the tables of a page."""
    page.write_text(with_tables(page.read_text("utf-8")), "utf-8")


def with_tables(text: str) -> str:
    """The text of the page with the tables that the code gives now, one for every provider."""
    before, _, rest = text.partition(_BEGIN)
    after = rest.partition(_END)[2]
    return f"{before}{_BEGIN}{''.join(map(_section, PROVIDERS))}\n{_END}{after}"


def _section(provider: Provider) -> str:
    title = provider.profile.name[:1].upper() + provider.profile.name[1:]
    where = f" ({', '.join(f'`{name}`' for name in provider.collections)})" if provider.collections else ""
    rows = [_HEAD, ("---",) * len(_HEAD), *_rows(provider)]
    lines = "".join(f"| {' | '.join(row)} |\n" for row in rows)
    return f"\n### {title}{where}\n\n{lines}"


def _rows(provider: Provider) -> Iterator[tuple[str, ...]]:
    """One row for every outcome of a provider and a baseline."""
    profile = provider.profile
    flags = _FLAGS if profile.offset_flag else {"-": None}
    for label in _BASELINES:
        outcomes: dict[tuple[str, str], list[tuple[str, str]]] = {}
        for flag, metadata in product(flags, _METADATA):
            outcome = _outcome(provider, label, metadata, flag=flags[flag])
            outcomes.setdefault(outcome, []).append((flag, metadata))
        for outcome, cases in outcomes.items():
            told = (
                _either((flag for flag, _ in cases), flags),
                _either((said for _, said in cases), _METADATA),
            )
            yield (label, *told, *outcome)


def _outcome(provider: Provider, baseline: str, metadata: str, *, flag: bool | None) -> tuple[str, str]:
    """What is added, and why; without the advice of a refusal, which is the same everywhere."""
    policy = provider.profile.offset
    try:
        decision = decide_offset(policy, _BASELINES[baseline], applied=flag, advertised=_METADATA[metadata])
    except MetadataError as error:
        added, why = "refused", str(error).partition(";")[0]
    else:
        added, why = str(decision.value), decision.reason
    return added, why.replace(f"baseline {_BASELINES[baseline]} ", "the baseline ")


def _either(chosen: Iterable[str], every: Collection[str]) -> str:
    """Names of cases in their order; ``any`` for all of several."""
    kept = set(chosen)
    names = [name for name in every if name in kept]
    return "any" if 1 < len(names) == len(every) else " or ".join(names)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
