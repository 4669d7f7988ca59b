"""The order of the story."""

from demo import paths
from demo.browser import chromium, signed_in
from demo.data import survival, variables
from demo.say import chapter, say
from demo.story import analysis, evidence, export, people, project


def tell() -> None:
    """Tell it; the first thing that is not as it should be stops it with a failure."""
    chapter("Everybody signs in")
    cast = people.sign_in()
    chapter("An authorisation becomes a project")
    table = survival("colon")
    say(f"colon of R's package survival: {len(table.splitlines()) - 1} rows")
    version = project.catalogue(cast, table)
    title = "Survie après chimiothérapie adjuvante"
    plan = project.Plan(project.new_slug("colon"), title, "chercheuse-a", ("chercheuse-c",), variables(table))
    other = project.Plan(project.new_slug("temoin"), "Projet témoin", "chercheur-b", (), variables(table))
    for each in (plan, other):
        project.authorise(cast, each)
        project.provision(cast, each.slug)
    chapter("Data goes in")
    project.load(cast, plan, version, table)
    with chromium() as browser:
        chapter("A researcher analyses it in JupyterLab")
        page = signed_in(browser, "chercheuse-a")
        analysis.analyse(page, plan.slug, "chercheuse-a")
        chapter("Another one in R")
        analysis.analyse_in_r(signed_in(browser, "chercheuse-c"), plan.slug, "chercheuse-c")
    chapter("A table with small counts is blocked")
    context = export.form("Effectifs par traitement et extension", ["rx", "extent"])
    export.blocked(cast, export.request(cast, plan.slug, "Extension", "resultats/par_extension.csv", context))
    chapter("A table without is reviewed by two people and released")
    context = export.form("Effectifs par traitement et sexe", ["rx", "sex"])
    released = export.request(cast, plan.slug, "Sexe", "resultats/par_sexe.csv", context)
    export.approve(cast, released)
    export.download(cast, released)
    chapter("A second table, a few people apart, is caught")
    context = {**context, "relation": "Même tableau, quatre personnes de moins"}
    export.differenced(cast, export.request(cast, plan.slug, "Bis", "resultats/par_sexe_bis.csv", context))
    chapter("The log is verified")
    evidence.verify_log(cast)
    chapter("The other project is closed, with proof")
    evidence.close(cast, other.slug)
    _summary(plan.slug)


def _summary(slug: str) -> None:
    domain = paths.DOMAIN
    print(f"""
The main job ran: authorisation, project, analysis, check, review, release, verified log, closing.

  web and public register   https://{domain}/   https://{domain}/registre
  sign-in                   https://id.{domain}/   (personas: chercheuse-a, agente-a, relectrice-a, …)
  workspace of {slug}       https://{slug}.work.{domain}/

  password and one-time-code secret of a persona:
    make persona NAME=chercheuse-a
""")
