"""What `init` finds in a folder, and the pallet.toml that it proposes."""
