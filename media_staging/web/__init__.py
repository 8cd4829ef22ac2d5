"""What people and machines see and press, and the bytes they are served.

May import: area, broker, clock, conf, disk, errors, models, remotes, removal, states, tasks,
transfer.
"""
