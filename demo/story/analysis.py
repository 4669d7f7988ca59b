"""Chapter: a researcher analyses the data in a notebook that really runs, in a browser."""

from playwright.sync_api import Page

from demo import paths
from demo.browser import Notebook, open_workspace, run_notebook, screenshot
from demo.say import expect, say

# Counts of nodes by treatment hold small cells; the second table groups them, and holds none.
CELLS = (
    "import tre_workspace as tre\n"
    "colon = tre.read(tre.inputs('survie-colon/2026.1/colon.csv'))\n"
    "deaths = colon[colon.etype == 2]\n"
    "print(len(deaths), 'personnes')",
    "small = deaths.groupby(['rx', 'extent']).size().reset_index(name='effectif')\n"
    "tre.write(small, tre.work('resultats/par_extension.csv'))\n"
    "print(small)",
    "safe = deaths.groupby(['rx', 'sex']).size().reset_index(name='effectif')\n"
    "tre.write(safe, tre.work('resultats/par_sexe.csv'))\n"
    "print(safe)",
    "later = deaths.iloc[4:].groupby(['rx', 'sex']).size().reset_index(name='effectif')\n"
    "tre.write(later, tre.work('resultats/par_sexe_bis.csv'))",
)
PICTURES = paths.STATE / "screenshots"


R_CELLS = (
    "library(survival)\n"
    "colon <- tre_read(tre_inputs('survie-colon/2026.1/colon.csv'))\n"
    "fit <- survdiff(Surv(time, status) ~ rx, data = colon[colon$etype == 2, ])\n"
    "cat('personnes:', sum(fit$n), 'groupes:', length(fit$n))",
)


def analyse_in_r(page: Page, slug: str, person: str) -> None:
    """The same data in R, by another member, in a workspace of their own."""
    open_workspace(page, slug, profile="r")
    outputs = run_notebook(page, person, Notebook("survie.ipynb", R_CELLS, kernel="ir"))
    expect("personnes: 929 groupes: 3" in outputs[0], "R compared survival between the three arms: 929 people")


def analyse(page: Page, slug: str, person: str) -> None:
    """Open the workspace, run the notebook, and see that it is closed towards the outside."""
    open_workspace(page, slug)
    say("JupyterLab opened through the trace gateway, on an origin of this person's own")
    outputs = run_notebook(page, person, Notebook("analyse.ipynb", CELLS))
    expect("929 personnes" in outputs[0], "the notebook read the inputs with this session's own S3 key: 929 people")
    screenshot(page, "notebook", PICTURES)
    status = page.evaluate(f"async () => (await fetch('/user/{person}/files/analyse.ipynb')).status")
    expect(status in (403, 404), f"downloading the notebook by its address is refused ({status})")
