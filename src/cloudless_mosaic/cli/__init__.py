"""The command line: options in, screen out, exit codes from errors."""

from cloudless_mosaic.cli.mosaics import main

__all__ = ["main"]
