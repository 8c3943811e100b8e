"""The web server: who may see what, and the documents and routes that are there."""
