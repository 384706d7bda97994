"""For programs: a registry or a directory as one object, with what the command line can do there."""

from reconciler.library.registry import Registry

__all__ = ["Registry"]
