"""Whether the unit tests notice a fault: small faults are put into a module of the shell, one at a time."""
