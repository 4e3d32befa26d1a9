"""Words with the world outside: messages of devices and systems, in and out. It knows nothing of the ledger."""
