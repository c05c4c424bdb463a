from cloudless_mosaic.cli.burned import main

main()
