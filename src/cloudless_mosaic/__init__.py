"""Monthly cloud-free Sentinel-2 mosaics from any STAC API."""

__version__ = "0.1.0"
