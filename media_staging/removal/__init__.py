"""The one door through which anything of ours is deleted from a remote.

May import: errors, models, remotes.
"""
