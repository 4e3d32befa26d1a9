"""One module per revision, named by what it brings and its number; the numbers are the order."""
