"""Charts that the server draws, as data for the macros of `pages/charts.html`. They know no company and no request.

Geometry only: every colour is a class of the stylesheet. Each chart is drawn wide and narrow, so that its texts have
the same size on a phone, and carries its numbers as a table.

- `chart`: a chart, its drawings and what they are made of; series of numbers
- `scale`: where values and texts stand
- `line_chart`, `bar_chart`: amounts over time, bars in groups with a line of what is left
- `band_chart`: amounts to come, within the band in which they are likely
- `waterfall_chart`: steps from one amount to another
- `shares`: one bar of parts, bars in cells of tables, a line that shows a shape only
"""
