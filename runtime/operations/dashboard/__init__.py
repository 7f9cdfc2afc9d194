"""What the dashboard of a company shows: figures that reports and lists of the vendor answer, and what is ours beside.

Which tools are read, and where in their answers the figures stand, is said in the definitions (`dashboard` of an
integration). A figure is never computed where a report has it. Called by the page of a company.

- `periods`: the period that is looked at, and the days that arguments name
- `company_reads`: makes the calls, a few at once, and remembers their answers for a minute
- `figures`: the figures in the answers
- `panels`: all figures of a dashboard, each with the read that it is from
- `attention`: what somebody should look at
"""
