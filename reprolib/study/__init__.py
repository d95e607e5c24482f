"""Which networks are compared, where they and their scores lie, and records."""
