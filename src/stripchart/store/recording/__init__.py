"""The recording of a running monitor: what the hub publishes becomes safe, and the page sees it as its past."""
