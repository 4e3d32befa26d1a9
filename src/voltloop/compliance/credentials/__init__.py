"""Licences, permits, approvals and training: who may do what, until when, and what a lapse stops."""
