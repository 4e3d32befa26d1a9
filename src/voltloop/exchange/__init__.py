"""Words with the world outside: messages of devices and systems in, deliveries out. It knows nothing of the ledger."""
