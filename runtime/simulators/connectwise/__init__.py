"""The simulator of ConnectWise PSA, reached over HTTP only.

It holds the records of one firm in memory, answers with the service's own bodies and refusals, and is written from
collected facts about the service (`facts/`), never from the definitions of the client that it serves to test.

A request meets the packages in this order: `app` (HTTP), `control` (faults on purpose), `http` (who, which operation);
then `writes`, or `records`, which ask `conditions`. `server` starts it with the records that `firm` makes. A package
imports only what stands below it in pyproject.toml's layers of the simulator.
"""
