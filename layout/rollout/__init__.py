"""The line as rigid bodies: the flow simulation's decisions, carried out part by part in the physics engine."""
