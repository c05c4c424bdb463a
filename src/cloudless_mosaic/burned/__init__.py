"""Burned area: the change between a scene before and a scene after a fire, and how severe it was."""
