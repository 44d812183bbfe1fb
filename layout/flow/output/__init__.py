"""From runs to figures: what was measured, how sure it is, and what limits."""
