"""Saved reports, and schedules by which they are run and sent.

- `phrases`, `timing`, `wording`: when a schedule is due, from plain words or cron, and back into words
- `saving`: reports under a name
- `drafts`, `managing`: what a form says of a schedule; schedules made, changed, paused, ended, and run now
- `running`: the durable job of one run: the report, its files, and what becomes of an error
- `delivering`, `messages`, `emails`: who receives a run, what is sent, and the sending by SMTP
"""
