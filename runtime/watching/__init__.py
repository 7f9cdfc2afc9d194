"""What is counted and measured of the work, and how it is written out.

Below the stores, so that every part can count. Nothing here knows arguments or results. `counts` are numbers in memory,
`exposition` writes them in the format of Prometheus, `shared_counts` adds up those of several processes, `calls` says
what the call log has of a call, `telemetry` sends what OpenTelemetry collects where that is on.
"""
