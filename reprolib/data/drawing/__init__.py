"""How one drawn pedestrian is made: dressed, posed, painted and photographed."""
