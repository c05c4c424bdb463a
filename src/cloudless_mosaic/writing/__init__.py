"""Files: COGs, thumbnails, STAC items and the catalog."""

from cloudless_mosaic.writing.output import prepare_output
from cloudless_mosaic.writing.period import PeriodSink
from cloudless_mosaic.writing.stac import write_catalog

__all__ = ["PeriodSink", "prepare_output", "write_catalog"]
