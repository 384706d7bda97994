"""pallet keeps OCI registries in step with the files that git holds."""

__version__ = "0.1.0"
