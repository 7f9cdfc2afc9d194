"""What the service is known to accept, as data: made by `distil.py`, read by `schema.py`."""
