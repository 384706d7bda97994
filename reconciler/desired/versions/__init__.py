"""Semantic versions: their order, what a constraint allows, and where a file says its own."""
