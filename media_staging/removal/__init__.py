"""The one door to deletion: what may be deleted, by whose word, and the deleting itself.

May import: area, clock, errors, models, remotes, states.
"""
