"""Updates of the gateway program: fetch, prove, install beside the old one, try, and keep or return."""
