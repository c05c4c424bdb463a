"""The folder of a run: what an earlier run left, the files of a period, the documents above them, merging."""

from cloudless_mosaic.output.folder import OutputFolder
from cloudless_mosaic.output.sink import PeriodSink

__all__ = ["OutputFolder", "PeriodSink"]
