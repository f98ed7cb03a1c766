"""The pages of the centre: templates, words in two languages, and the browser's own modules."""
