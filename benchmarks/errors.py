"""The one error of the benchmark."""


class BenchmarkError(Exception):
    """Something that the benchmark needs is missing or fails; the message says what to do."""
