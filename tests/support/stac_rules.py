"""Rules of STAC extensions whose schemas no package has, written from their descriptions.

Raster 2.0.0, eo 2.0.0 and processing 1.2.0.
"""

from __future__ import annotations

import jsonschema

SITE = "https://stac-extensions.github.io"
NUMBER, TEXT = {"type": "number"}, {"type": "string"}
POSITIVE = {"type": "number", "exclusiveMinimum": 0}
PERCENT = {"type": "number", "minimum": 0, "maximum": 100}

RASTER = {
    "raster:sampling": {"enum": ["area", "point"]},
    "raster:bits_per_sample": {"type": "integer"},
    "raster:spatial_resolution": NUMBER,
    "raster:scale": NUMBER,
    "raster:offset": NUMBER,
    "raster:histogram": {"type": "object", "required": ["count", "min", "max", "buckets"]},
}
EO = {
    "eo:common_name": {
        "enum": [
            *("pan", "coastal", "blue", "green", "green05", "yellow", "red", "rededge", "rededge071"),
            *("rededge075", "rededge078", "nir", "nir08", "nir09", "cirrus", "swir16", "swir22"),
            *("lwir", "lwir11", "lwir12"),
        ]
    },
    "eo:center_wavelength": POSITIVE,
    "eo:full_width_half_max": POSITIVE,
    "eo:solar_illumination": {"type": "number", "minimum": 0},
    "eo:cloud_cover": PERCENT,
    "eo:snow_cover": PERCENT,
}
PROCESSING = {
    "processing:expression": {
        "type": "object",
        "required": ["format", "expression"],
        "properties": {"format": TEXT},
    },
    "processing:lineage": TEXT,
    "processing:level": {"type": "string", "pattern": "^(RAW|L[0-4][A-C]?)$"},
    "processing:facility": TEXT,
    "processing:software": {"type": "object", "additionalProperties": TEXT},
    "processing:version": TEXT,
    "processing:datetime": {"type": "string", "format": "date-time"},
}


def check_raster(document):
    check_fields(document, "raster:", RASTER)


def check_eo(document):
    check_fields(document, "eo:", EO)


def check_processing(document):
    check_fields(document, "processing:", PROCESSING)
    for provider in document.get("providers", ()):
        if any(key.startswith("processing:") for key in provider):
            assert {"producer", "processor"} & set(provider["roles"])


RULES = {
    f"{SITE}/raster/v2.0.0/schema.json": check_raster,
    f"{SITE}/eo/v2.0.0/schema.json": check_eo,
    f"{SITE}/processing/v1.2.0/schema.json": check_processing,
}


def check_fields(document, prefix, known):
    """The extension is made use of, and with its own fields only, in the places that it allows."""
    used = 0
    for place in places(document):
        for key, value in place.items():
            if key.startswith(prefix):
                assert key in known, f"{document['id']}: {key} is no field"
                jsonschema.validate(value, known[key])
                used += 1
    assert used, f"{document['id']} declares {prefix} and has no field of it"


def places(document):
    """Where fields of extensions may be: properties, assets, their bands, providers."""
    assets = [*document.get("assets", {}).values(), *document.get("item_assets", {}).values()]
    yield document.get("properties", {})
    yield from assets
    yield from document.get("providers", ())
    for asset in assets:
        yield from asset.get("bands", ())
