"""The routes of ours, one module for each of their duties; ``routes`` lists them all."""
