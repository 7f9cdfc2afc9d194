"""Saved reports and analyses, and schedules by which they are run and sent.

- `phrases`, `timing`, `wording`: when a schedule is due, from plain words or cron, and back into words
- `saving`: reports and analyses under a name; `choices` finds what a saved one is of
- `drafts`, `managing`: what a form says of a schedule; schedules made, changed, paused, ended, and run now
- `running`: the durable job of one run: what it makes, its files, and what becomes of an error
- `attempts`: what becomes of a run after an attempt at it
- `runners`: how a report and an analysis are made; the latter in several attempts where a rate limit ends one
- `delivering`, `messages`, `emails`: who receives a run, what is sent, and the sending by SMTP
"""
