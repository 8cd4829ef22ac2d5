"""Real servers, started from wheels on loopback."""
