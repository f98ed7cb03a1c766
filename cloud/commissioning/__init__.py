"""Commissioning records in the centre: believed only when the gateway signed them, kept word for word, printed."""
