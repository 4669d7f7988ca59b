"""The trace gateway: the only client of a notebook (design §5). What is not on its lists does not cross it."""
