"""Images that a build wrote: layouts, archives, and config with layers, as values with blobs."""
