"""Pages of the documentation that are rendered from schemas and kinds."""
