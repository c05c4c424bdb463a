"""What a run shows: a live screen on a terminal, plain lines elsewhere, JSON lines for machines."""

from cloudless_mosaic.screen.choose import make_screen
from cloudless_mosaic.screen.protocol import Screen

__all__ = ["Screen", "make_screen"]
