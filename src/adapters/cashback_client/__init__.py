"""The provider's side of the world: the client that pays, and a sandbox to pay against."""
