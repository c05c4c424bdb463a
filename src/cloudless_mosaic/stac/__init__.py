"""STAC documents: items, the collection and the catalog, and how a mosaic came about."""
