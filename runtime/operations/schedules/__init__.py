"""Saved reports, and schedules by which they are run and sent.

- `phrases`, `timing`, `wording`: when a schedule is due, from plain words or cron, and back into words
- `managing`: saves reports, makes, changes, pauses and deletes schedules, and runs one now
- `running`: the durable job of one run: the report, its files, and what becomes of an error
- `delivering`, `messages`, `emails`: who receives a run, what is sent, and the sending by SMTP
"""
