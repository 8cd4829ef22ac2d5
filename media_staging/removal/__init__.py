"""The one door to deletion: what may be deleted, by whose word, and the deleting itself.

May import: area, clock, errors, key_hashes, models, remotes, states.
"""
