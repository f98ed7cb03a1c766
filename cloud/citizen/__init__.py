"""What the public sees and says: a board of open figures, reports from the field, and how satisfied people are."""
