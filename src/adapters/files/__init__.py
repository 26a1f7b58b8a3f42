"""Reading the files of others: CSV, JSON Lines and XLSX, by small profiles."""
