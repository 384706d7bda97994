"""Files of the project: patterns expanded, without what git ignores and never outside the project."""
