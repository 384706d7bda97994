"""What was published: versions and what is said about them, read from any store and never written."""
