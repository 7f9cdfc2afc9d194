"""Company mapping."""
