"""Who signs in: users, API clients, and what their tokens hang on."""
