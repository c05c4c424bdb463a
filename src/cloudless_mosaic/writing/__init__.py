"""Files: COGs, thumbnails, STAC items and the catalog."""

from cloudless_mosaic.writing.folder import OutputFolder
from cloudless_mosaic.writing.period import PeriodSink

__all__ = ["OutputFolder", "PeriodSink"]
