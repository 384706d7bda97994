"""What a file is published as, as data: kinds, their schemas, and the annotations taken from files."""
