"""Real peers for the tests: a broker, a pty, a browser."""
