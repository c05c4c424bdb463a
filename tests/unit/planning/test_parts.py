from hypothesis import given
from hypothesis import strategies as st

from cloudless_mosaic.geo.blocks import Blocks
from cloudless_mosaic.planning.parts import count_parts, cut_parts


class Task:
    """A task, as far as parts need it."""

    def __init__(self, block):
        self.block = block


@given(rows=st.integers(1, 9), columns=st.integers(1, 9), edge=st.integers(1, 5), data=st.data())
def test_parts_are_squares_and_hold_every_task_once(rows, columns, edge, data):
    blocks = Blocks(tuple(range(rows + 1)), tuple(range(columns + 1)))
    tasks = [Task(block) for block in blocks]
    parts = list(cut_parts(tasks, edge))
    assert len(parts) == count_parts(blocks, edge)
    assert sorted(task.block.index for part in parts for task in part) == [block.index for block in blocks]
    for part in parts:
        assert len({(task.block.index[0] // edge, task.block.index[1] // edge) for task in part}) == 1
    some = data.draw(st.lists(st.sampled_from(tasks), unique_by=id))
    left = [task for task in tasks if task in some]
    found = [task for part in cut_parts(left, edge) for task in part]
    assert sorted(task.block.index for task in found) == [task.block.index for task in left]
