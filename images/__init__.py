"""Container images of the product and the tool that builds them (design §5, standard library only)."""
