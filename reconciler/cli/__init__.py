"""One file per command: parse, build the objects, call one function, print, return a code."""
