"""The nouns of a production line. Frozen, in SI units and radians, without I/O or engine."""
