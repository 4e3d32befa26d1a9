"""The law, compiled: what a battery is and how it may travel."""
