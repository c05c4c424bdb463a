"""Which mask makes the better mosaic, in numbers: ``python -m benchmarks.quality``."""
