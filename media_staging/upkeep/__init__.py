"""What keeps the house in order: cleanup, audit, checks of the settings.

May import: area, clock, conf, errors, models, removal, remotes, signals, states.
"""
