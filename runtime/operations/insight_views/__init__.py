"""What people read of an analysis: its answer as a headline, facts, notices and tables, and as files.

Called by the pages of analyses and by schedules. Nothing in here knows HTML or a vendor.

- `view`: the values of which all of it is made
"""
