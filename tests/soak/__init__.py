"""The soak: the whole platform at work for an hour or more, its processes measured from outside."""
