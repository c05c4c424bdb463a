"""Reductions over time beside the median, on uint16 with 0 for "no observation".

Stacks have shape (band, time, y, x), are C-contiguous and are not changed. An observation counts in all bands
of a pixel or, where any band has none, in no band. The result of a pixel depends on its own observations
alone: blocks may be cut anywhere.
"""
