"""What finance asks over HTTP: files, closed days, figures, differences."""
