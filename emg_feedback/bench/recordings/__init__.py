"""Excerpts of real recordings for the measurements; README.md tells where they come from."""
