"""A version changed where it stands, and not a byte beside it."""
