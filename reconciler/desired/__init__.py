"""What should be there: pallet.toml and files become wanted artifacts; the lock is read and written."""
