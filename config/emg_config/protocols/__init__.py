"""One file per exercise."""
