"""What git knows: another revision of the lock, and when files were last changed."""
