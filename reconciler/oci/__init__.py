"""What the OCI specifications say, and nothing of pallet's own rules."""
