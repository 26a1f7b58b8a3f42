"""The HTTP adapter: routes, wire shapes, problems, tokens and the documentation page."""
