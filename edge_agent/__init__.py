"""The gateway program: it reads devices, keeps what it read until the centre has it, and reports facts."""
