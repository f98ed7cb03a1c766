"""Alarms: their life cycle after ISA-18.2 and the book of those that are open."""
