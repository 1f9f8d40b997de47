"""One file of sourced facts per board."""
