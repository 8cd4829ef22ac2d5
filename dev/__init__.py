"""Local development tooling: real servers, a slow network and the supervisor of `make run`."""
