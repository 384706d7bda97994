"""From a saved file to the registry, while somebody edits: noticing, waiting, building, publishing."""
