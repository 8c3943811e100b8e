"""Short programs to begin from; each runs by ``python -m stripchart.examples.NAME`` and prints its page's address.

line, circles, workers
    One page each of your own making: plain Bokeh functions, served from Python.
pages
    All three as pages of one server.
embed_asyncio
    The monitor inside an asyncio program.
frame
    The live data as NumPy arrays and as a DataFrame.
notebook.ipynb
    The same as a notebook.
"""
