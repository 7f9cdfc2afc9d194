"""What a test needs and no real service has: the control API and its page, webhooks on demand.

Comes before: `app`, which asks the fault rules first and writes the log. Comes after: the parts that it changes,
which are the clock, the throttle, the tokens and the store.
"""
