"""Reading rasters: one protocol, and its adapters."""
