"""A registry over HTTP: the distribution specification's client."""
