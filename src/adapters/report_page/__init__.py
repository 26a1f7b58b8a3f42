"""The report as one page of HTML that asks nobody for anything."""
