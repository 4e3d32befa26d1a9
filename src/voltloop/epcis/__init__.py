"""EPCIS 2.0 and the Core Business Vocabulary as functions: documents, validation, identifiers, hashes."""
