"""Classes of the scene classification (SCL) of Sentinel-2 Level-2A.

Codes: Sentinel-2 Level-2A product specification, "Scene Classification Map".
"""

SCL_CLASSES = {
    0: "no data",
    1: "saturated or defective",
    2: "dark area",
    3: "cloud shadow",
    4: "vegetation",
    5: "not vegetated",
    6: "water",
    7: "unclassified",
    8: "cloud, medium probability",
    9: "cloud, high probability",
    10: "thin cirrus",
    11: "snow or ice",
}
CLOUD_CLASSES = (3, 8, 9, 10)
"""Classes that grow by the dilation, unless they count as clear: shadow, both clouds, cirrus."""

DEFAULT_CLEAR_CLASSES = (2, 4, 5, 6, 7, 11)
"""All that is neither missing, defective, cloud nor shadow.

Dark areas, unclassified pixels and snow stay in: leaving them out makes holes that no date can fill (steep
slopes, cities, winters), and a median over several dates survives the few clouds among them.
"""
