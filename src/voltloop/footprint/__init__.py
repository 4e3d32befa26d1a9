"""Carbon of moving and treating batteries."""
