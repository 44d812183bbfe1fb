"""A line as rigid bodies: the world that steps, parts, moving surfaces, arms, vehicles and doors."""
