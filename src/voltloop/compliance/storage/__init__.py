"""What may lie where in a store, and how much more fits."""
