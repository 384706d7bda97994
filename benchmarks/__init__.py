"""How fast pallet is, beside plain loops, other tools and what the registry itself can do.

`python -m benchmarks` runs everything on loopback in a temporary folder. Each benchmark is one file
with one function. Must never be added: a figure that was not measured in the run that prints it.
"""
