"""Durable work in the background: what is asked for in a transaction is done, whichever process dies meanwhile.

- `work`: what a job is, and the seam to what does it
- `runner`: takes due jobs from the records and hands them over; everything else calls this
- `durable`: does them, with DBOS; imported when there is a first job, in a thread

A job is a row of the records until its last step is done (`stores.job_records`). Its steps run one after the other; the
answer of each is stored before the next begins, so that after a crash none is repeated but the one under way. That one
may have had its effect: whoever writes a step sees to it that a repeat does no harm, or says so.
"""
