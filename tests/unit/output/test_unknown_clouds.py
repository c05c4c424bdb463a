import numpy as np

from cloudless_mosaic.domain.results import MaskCounts, SceneNote
from cloudless_mosaic.output.unknown_clouds import cloud_notes


def test_the_share_that_the_mask_took_out_is_noted_where_the_cloud_cover_is_unknown(world):
    known = world.add(np.ones((4, 4), np.uint16), id="known")
    unknown, unread = (
        world.add(np.ones((4, 4), np.uint16), id=name, cloud_cover=None) for name in ("unknown", "unread")
    )
    masked = {"known": MaskCounts(100, 50), "unknown": MaskCounts(1000, 500, 31), "unread": MaskCounts(0, 0)}
    assert list(cloud_notes([known, unknown, unread], masked)) == [
        SceneNote("unknown", "its cloud cover is unknown; the mask takes out 53.1 % of its pixels here")
    ]
