from cloudless_mosaic.cli.burned import main

if __name__ == "__main__":
    main()
