"""The load of a transport unit: points, mixed loading, tunnels and what it obliges to."""
