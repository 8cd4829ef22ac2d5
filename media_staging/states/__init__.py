"""The state machine: every change of a row's status, and what it depends on.

May import: area, clock, conf, errors, models, remotes, signals.
"""
