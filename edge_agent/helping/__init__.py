"""Remote help: what somebody far away may ask of this gateway. No shell, no files, no passwords."""
