"""One block of one period: masks, pixels that are clear, and their reduction over time."""
