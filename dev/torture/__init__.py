"""`make torture`: what takes too long for every run of the suite, with a fresh seed each time."""
