"""The product form: what one Save holds, and what becomes of it.

May import: access, bodies, errors, images, models, typed, variants.
"""
