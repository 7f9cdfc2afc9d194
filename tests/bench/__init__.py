"""Measures how fast we are, as ratios to other servers on the same machine in the same minutes.

`scripts/bench` runs it. An entry (`entries/`) is one thing measured; it takes from the `Stage` the servers that it
needs, each a process of its own on one core, and puts the load (`load`) on them from another core.
"""
