"""The compiled simulation: tables that a run works on, what can happen, and the run itself."""
