"""Transport papers, packing lists, labels, driver sheets and reports."""
