"""`python -m reconciler` is `pallet`."""

from reconciler.cli.main import main

main()
