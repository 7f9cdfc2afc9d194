"""The API over HTTP: `messages` go in and out, `authentication` says who asks and what it may, `throttle` counts,
`routing` finds what a path means, `answers` lists, reads and writes, `paging` cuts pages.

Called by `app`.
"""
