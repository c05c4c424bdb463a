"""STAC search, and scenes from STAC items.

Knows STAC APIs, local catalogs, providers and the versions of the STAC extensions. Objects of STAC
libraries do not leave this package.
"""

from cloudless_mosaic.catalog.search import find_scenes
from cloudless_mosaic.catalog.unmaskable import UnmaskableError

__all__ = ["UnmaskableError", "find_scenes"]
