"""The record: what keeps samples, and gives them back.

- ``format``: what a recording is made of, and how it becomes bytes
- ``writing``, ``reading``: one writer, and any number of readers
- ``recording``: what a running monitor keeps, and its past for the page
- ``library``: recordings as files in a folder
- ``exporting``, ``importing``: CSV, JSON and Parquet
- ``replay``: a recording as a source
"""
