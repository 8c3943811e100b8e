"""One class a plot; each knows Bokeh and its columns, not the hub and not the document."""
