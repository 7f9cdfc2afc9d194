"""How large the body of a request may be, and how long it may take: the same at both endpoints."""

from __future__ import annotations

LONGEST_WAIT = 30
"""Seconds for a body to come. A stop of the server would wait for it."""
LARGEST_BODY = 4 * 1024 * 1024
"""Bytes, where no file is sent."""
LEAST_RATE = 250_000
"""Bytes a second (2 Mbit/s) beyond the first 30 seconds: a large file may take its time on a slow line, and a client
that stops sending is given up.
"""
