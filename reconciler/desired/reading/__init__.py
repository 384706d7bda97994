"""Documents as values: YAML, JSON and TOML read strictly, with the place of everything that is wrong."""
