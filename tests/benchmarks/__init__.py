"""How fast it is, measured on the real programs and servers."""
