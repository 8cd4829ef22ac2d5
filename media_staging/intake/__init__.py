"""A file inside a request: what it is, and made safe on the disk before its row.

May import: area, clock, conf, containers, errors, models, remotes, signals, tasks.
"""
