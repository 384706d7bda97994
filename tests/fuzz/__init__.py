"""Hostile inputs for everything that reads text which pallet did not write: `make fuzz`.

Not collected by pytest, since a million inputs take minutes. See docs/testing.md.
"""
