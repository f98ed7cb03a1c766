"""Pictures of cameras: asked from gateways while somebody watches, for a purpose, for a time; then let go."""
