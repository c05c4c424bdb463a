"""What is decided before a pixel is read: grid, blocks, tasks, output tiles, and the cost of a run."""
