"""Product types with their rates, products and customers over HTTP."""
