"""What is counted and measured of the work, and how it is written out for Prometheus.

Below the stores, so that every part can count. Nothing here knows arguments or results.
"""
