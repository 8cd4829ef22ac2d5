"""From the local disk to the remote, and how far that is.

May import: area, clock, conf, errors, models, remotes, removal, signals, states.
"""
