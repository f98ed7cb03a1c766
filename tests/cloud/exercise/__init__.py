"""The centre of an exercise: marked everywhere, on the story's time, and unable to tell anybody."""
