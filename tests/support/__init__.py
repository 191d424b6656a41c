"""Real servers for tests, started on loopback and stopped by the id they were started with."""
