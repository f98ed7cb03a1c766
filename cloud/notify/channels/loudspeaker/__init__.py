"""Notices as spoken messages of the public-address system (truyền thanh thông minh)."""
