"""Compiles the kernels; everything else stands in pyproject.toml."""

from setuptools import setup

setup(cffi_modules=["src/cloudless_mosaic/kernels/build.py:ffi"])
