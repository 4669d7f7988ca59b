"""Defaults of Python kernels; a person may add their own in ~/.ipython."""

c = get_config()  # noqa: F821
c.HistoryManager.enabled = True
c.InlineBackend.figure_formats = {"png"}
