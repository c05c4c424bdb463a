"""A synthetic Sentinel-2 archive with a known truth, for the demo, the tests and the benchmark."""
