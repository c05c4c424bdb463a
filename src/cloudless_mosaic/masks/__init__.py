"""Which pixels of a scene are clear."""
