"""What is decided before a pixel is read: grid, blocks, tasks, output tiles, and what a run will cost."""
