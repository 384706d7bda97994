"""`python -m reconciler` is `pallet`."""

from reconciler.cli.start import main

main()
