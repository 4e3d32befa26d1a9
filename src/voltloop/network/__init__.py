"""The network: which sites, flows and lanes should exist."""
