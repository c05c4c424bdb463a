"""The folder of a run: what an earlier run left, the files of a period, the documents above them, merging."""

from cloudless_mosaic.output.block_sink import BlockSink
from cloudless_mosaic.output.folder import OutputFolder
from cloudless_mosaic.output.part_sink import PartSink
from cloudless_mosaic.output.part_task import finish_part

__all__ = ["BlockSink", "OutputFolder", "PartSink", "finish_part"]
