"""Cloudinary."""
