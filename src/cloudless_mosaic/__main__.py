"""``python -m cloudless_mosaic``."""

from cloudless_mosaic.cli import main

main()
