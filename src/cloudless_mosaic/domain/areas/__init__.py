"""Areas as people write them: GeoJSON, WKT, numbers, and files of vector data, in any CRS."""
