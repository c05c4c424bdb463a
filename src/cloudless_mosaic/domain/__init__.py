"""The nouns: requests, areas, periods, bands, scenes, providers and results. No input or output."""
