#!/usr/bin/env python3
from cloudless_mosaic.cli.burned import main

if __name__ == "__main__":
    main()
