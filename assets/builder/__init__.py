"""Builds the asset library: machines, stations, arms and parts, from code alone. Metres, z up, front = -y."""
