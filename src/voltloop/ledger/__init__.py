"""The ledger: every event of every battery, durably, and what follows from them: place, custody, condition, stock."""
