"""The line as rigid bodies, part by part: belts, arms, vehicles and doors as actors that the line's control moves."""
