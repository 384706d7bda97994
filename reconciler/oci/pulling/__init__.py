"""Artifacts as files on a disk: nothing outside the output folder, and no file before it is right."""
