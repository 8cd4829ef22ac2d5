"""Small pictures, made after the flip by a process under limits.

May import: area, clock, conf, containers, errors, models, remotes, removal, states.
"""
