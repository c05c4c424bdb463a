"""Benchmark of whole runs against other ways to the same mosaics: ``python -m benchmarks``."""
