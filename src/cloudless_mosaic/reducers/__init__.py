"""Reductions of a stack of observations over time."""
