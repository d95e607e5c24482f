"""What the core costs: `make bench` prints it and writes its record."""
