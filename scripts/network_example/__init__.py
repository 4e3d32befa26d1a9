"""The network examples: from facts and the engines of voltloop to scenario folders."""
