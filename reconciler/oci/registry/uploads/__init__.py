"""Blobs on their way into a registry: whole, in chunks, mounted; and on with them after a break."""
