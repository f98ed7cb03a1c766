"""Notices as e-mails."""
