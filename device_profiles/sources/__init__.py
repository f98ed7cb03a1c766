"""Where points come from: one file per protocol; `registry.py` lists them."""
