"""Composites of one block and one period.

A granule goes through stages, each a frozen value (`granules`): placed under the block by the headers of its
files (`placing`), masked (`masking`), selected if any of it is worth reading, and read (`band_reading`) or
lost. `compose` takes a task through all of them and reduces over time.
"""
