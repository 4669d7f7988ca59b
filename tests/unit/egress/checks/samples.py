"""Small generated tables, each unsafe, safe or a near miss for one rule. No real person is in them."""

import random
from dataclasses import dataclass


@dataclass(frozen=True)
class Case:
    """``rule`` must be found with ``severity`` (or must not be found when that is empty)."""

    rule: str
    what: str
    name: str
    content: str
    severity: str = ""
    verdict: str = ""


def nir(seed: int) -> str:
    rng = random.Random(seed)
    birth = f"{rng.choice('12')}{rng.randint(20, 99)}{rng.randint(1, 12):02d}"
    body = f"{birth}{rng.randint(1, 95):02d}{rng.randint(1, 500):03d}{rng.randint(1, 900):03d}"
    return f"{body}{97 - int(body) % 97:02d}"


def rpps(seed: int) -> str:
    body = f"10{random.Random(seed).randint(0, 99_999_999):08d}"
    total = sum(d if i % 2 else (d * 2 - 9 if d > 4 else d * 2) for i, d in enumerate(int(c) for c in reversed(body)))
    return f"{body}{(10 - total % 10) % 10}"


def lines(*rows: str) -> str:
    return "\n".join(rows) + "\n"


def people(count: int = 80, seed: int = 7) -> str:
    rng = random.Random(seed)
    rows = [
        f"{rng.randint(18, 95)},{rng.choice('FM')},{rng.gauss(26, 4):.1f},{rng.choice(('I10', 'E11', 'J45'))}"
        for _ in range(count)
    ]
    return lines("age,sex,bmi,diag", *rows)


def proportions(n: int, seed: int = 3) -> str:
    rng = random.Random(seed)
    return lines("code,value", *(f"c{i},{rng.randint(1, n - 1) / n:.6f}" for i in range(25)), f"c99,{2 / n:.6f}")


RANDOM_RATIOS = lines("code,value", *(f"c{i},{random.Random(i).random():.6f}" for i in range(40)))
BIG = "sex,n\nF,412\nM,388\n"
R_COUNTS = """[1] "Patients by type:"
          type   n_pat  n_case
1 ambulatory     4521     310
2 inpatient       812       4
"""
STATA = """
        sex |      Freq.     Percent        Cum.
------------+-----------------------------------
     Female |          3       30.00       30.00
       Male |          7       70.00      100.00
------------+-----------------------------------
      Total |         10      100.00
"""
GLM = """
Coefficients:
            Estimate Std. Error z value Pr(>|z|)
(Intercept)  3.00000    1.23456   2.430  0.01510 *
age          0.05000    0.01000   5.000 5.73e-07 ***
sexM         7.00000    0.30000   2.333  0.01963 *

    Null deviance: 1386.3  on 999  degrees of freedom
Residual deviance: 1200.1  on 997  degrees of freedom
"""
LM_SATURATED = """
Coefficients:
            Estimate Std. Error t value Pr(>|t|)
(Intercept)  30.0000    1.2346   2.430  0.01510 *
age          0.05000    0.01000   5.000 5.73e-07 ***

Residual standard error: 2.1 on 3 degrees of freedom
Multiple R-squared:  0.98
"""

CASES = (
    Case("ID-01", "NIR in a column", "a.csv", lines("numero,x", *(f"{nir(i)},{i}" for i in range(20))), "block"),
    Case("ID-01", "NIR in prose", "a.txt", f"Le dossier {nir(4)} a été revu.\n", "block"),
    Case(
        "ID-01",
        "15 digits without a key",
        "a.csv",
        lines("code,term", *(f"{10**14 + i * 7919},word {i}" for i in range(40))),
    ),
    Case("ID-01", "a long decimal", "a.txt", "AUC 0.123456789012345 and 0.987654321098765\n"),
    Case("ID-03", "RPPS column", "a.csv", lines("rpps,actes", *(f"{rpps(i)},{50 + i}" for i in range(30))), "block"),
    Case(
        "ID-03",
        "eleven-digit numbers that are no RPPS",
        "a.csv",
        lines("ref,x", *(f"{20_000_000_000 + i * 37},{60 + i}" for i in range(30))),
    ),
    Case("ID-05", "e-mail in cells", "a.csv", lines("qui,x", *(f"p{i}@hopital.fr,{i}" for i in range(5))), "block"),
    Case("ID-05", "e-mail in prose", "a.md", "Contact : equipe@hopital.fr\n", "review"),
    Case("ID-05", "an example address", "a.md", "Write to someone@example.com\n"),
    Case("ID-06", "SNDS pseudonym", "a.csv", lines("BEN_NIR_PSA,n", *(f"X{i},{40 + i}" for i in range(3))), "block"),
    Case(
        "ID-06",
        "hashes",
        "a.csv",
        lines("cle,v", *(f"{random.Random(i).getrandbits(128):032x}a1,{i}" for i in range(20))),
        "block",
    ),
    Case(
        "ID-06",
        "long words",
        "a.csv",
        lines("variable,n", *(f"cardiovascular_disease_history_{i},{100 + i}" for i in range(20))),
    ),
    Case(
        "ID-07",
        "birth month crossed with care date",
        "a.csv",
        lines("mois_naissance,date_soin", *(f"{1 + i % 12},2020-01-{1 + i % 28:02d}" for i in range(30))),
        "block",
    ),
    Case(
        "MIC-01",
        "raw layout",
        "a.csv",
        "BEN_NIR_PSA,BEN_SEX_COD,EXE_SOI_DTD,PRS_NAT_REF,ETA_NUM\na,1,2020-01-02,1111,22\nb,2,2020-01-03,1112,23\n",
        "block",
    ),
    Case("MIC-02", "people", "a.csv", people(), "block"),
    Case(
        "MIC-02",
        "a code list",
        "a.csv",
        lines("code,term", *(f"{1000 + i * 13},disease number {i}" for i in range(90))),
    ),
    Case(
        "MIC-02",
        "coefficients",
        "a.csv",
        lines(
            "term,estimate,std.error,p.value",
            *(f"x{i},{random.Random(i).gauss(0, 1):.4f},0.1{i},0.0{i}" for i in range(60)),
        ),
    ),
    Case(
        "MIC-02",
        "a monthly series",
        "a.csv",
        lines(
            "month,sex,rate",
            *(f"2020-{m:02d}-01,{s},{random.Random(m).random():.3f}" for m in range(1, 13) for s in "FM"),
        ),
    ),
    Case(
        "MIC-06",
        "residuals",
        "a.csv",
        lines(".fitted,.resid", *(f"{i * 0.37:.3f},{random.Random(i).gauss(0, 1):.4f}" for i in range(60))),
        "block",
    ),
    Case("FRQ-01", "two small counts", "a.csv", "sex,count\nF,3\nM,7\n", "block"),
    Case("FRQ-01", "French header, semicolon", "a.csv", "sexe;effectif\nF;3\nM;412\n", "block"),
    Case("FRQ-01", "composites", "a.csv", 'g,"Rural, N (%)"\nall,1164 (18.8)\na,268 (18.8)\nb,9 (1.2)\n', "block"),
    Case("FRQ-01", "printed by R", "a.txt", R_COUNTS, "block"),
    Case("FRQ-01", "printed by Stata", "a.txt", STATA, "block"),
    Case("FRQ-01", "markdown", "a.md", "| sex | n |\n|---|---|\n| F | 3 |\n| M | 40 |\n", "block"),
    Case(
        "FRQ-01",
        "html",
        "a.html",
        "<table><tr><th>sex</th><th>n</th></tr><tr><td>F</td><td>3</td></tr><tr><td>M</td><td>40</td></tr></table>",
        "block",
    ),
    Case("FRQ-01", "json records", "a.json", '[{"sex":"F","n":3},{"sex":"M","n":40}]', "block"),
    Case("FRQ-01", "a sentence", "a.txt", "Parmi eux, 3 patients sont morts.\n", "review"),
    Case("FRQ-01", "a labelled number", "a.txt", "Population: 12450\nDécès : 4\n", "review"),
    Case("FRQ-01", "labelled settings", "a.txt", "seed: 4\nn_jobs = 2\nversion: 3\n"),
    Case(
        "FRQ-01",
        "a sentence on the threshold",
        "a.md",
        "Fewer than 5 patients: masked. Seuil : moins de 11 patients.\n",
    ),
    Case("FRQ-01", "large counts", "a.csv", BIG, verdict="pass"),
    Case("FRQ-01", "years and ages", "a.csv", "year,age,rate\n2018,5,0.5\n2019,6,0.6\n2020,7,0.7\n"),
    Case("FRQ-01", "coefficients under eleven", "a.txt", GLM, verdict="pass"),
    Case(
        "FRQ-01",
        "rounded to five",
        "a.csv",
        lines("g,n", *(f"g{i},{5 * v}" for i, v in enumerate((2, 7, 13, 29, 31, 44)))),
        "review",
    ),
    Case("FRQ-01", "configuration", "a.json", '{"n_estimators": 5, "seed": 3, "n_jobs": 2, "rate": 0.1}'),
    Case(
        "FRQ-02",
        "percentage of a small denominator",
        "a.csv",
        "g,denominator,pct\na,53,4.0\nb,500,30.0\nc,711,20.0\n",
        "block",
    ),
    Case("FRQ-02", "percentages beside their counts", "a.csv", "g,n,pct\na,53,5.3\nb,497,49.7\nc,450,45.0\n"),
    Case("FRQ-03", "denominator 140", "a.csv", proportions(140), "block"),
    Case("FRQ-03", "random ratios", "a.csv", RANDOM_RATIOS),
    Case("FRQ-06", "one cell suppressed", "a.csv", "g,A,B,Total\nx,*,23,28\ny,31,42,73\nTotal,36,65,101\n", "block"),
    Case(
        "FRQ-06",
        "four cells suppressed",
        "a.csv",
        "g,A,B,C,Total\nx,*,*,51,67\ny,*,*,43,104\nz,21,33,34,88\nTotal,63,68,128,259\n",
    ),
    Case("MAG-01", "means without counts", "a.csv", "group,mean,sd\na,4.2,1.1\nb,5.1,1.3\n", "review"),
    Case("MAG-01", "means with counts", "a.csv", "group,n,mean,sd\na,120,4.2,1.1\nb,230,5.1,1.3\n"),
    Case("MAG-02", "one dominates", "a.csv", "sector,N_OBS,TOT,MAX\na,20,1000,950\nb,30,2000,200\n", "block"),
    Case("MAG-02", "none dominates", "a.csv", "sector,N_OBS,TOT,MAX\na,20,1000,150\nb,30,2000,200\n"),
    Case("MAG-03", "no spread in one row", "a.csv", "g,mean,sd\na,4.2,1.1\nb,5.1,1.3\nc,6.0,1.4\nd,7.5,\n", "block"),
    Case("END-01", "minimum and maximum", "a.csv", "g,n,min,max\na,120,18,97\nb,230,19,88\n", "review"),
    Case("POS-01", "p95 of sixty", "a.csv", "g,n,p95\na,60,4.2\nb,900,5.1\n", "review"),
    Case("SHP-01", "sd of eight", "a.csv", "g,n,mean,sd\na,8,4.2,1.1\nb,900,5.1,1.3\n", "review"),
    Case("REG-01", "no N", "a.csv", "term,estimate,std.error,p.value\nage,0.5,0.2,0.01\nsex,-0.3,0.3,0.2\n", "review"),
    Case(
        "REG-01",
        "N proved by narrow intervals",
        "a.csv",
        "term,hr,lower,upper\nage,1.05,1.02,1.08\nsex,0.83,0.72,0.95\n",
        verdict="pass",
    ),
    Case(
        "REG-01",
        "intervals with a dash",
        "a.csv",
        "Variable,OR (95% CI),p-value\nAge,1.20 (1.10-1.31),0.001\nMale,0.90 (0.85-0.96),0.002\n",
        verdict="pass",
    ),
    Case("REG-03", "three degrees of freedom", "a.txt", LM_SATURATED, "block"),
    Case("REG-03", "997 degrees of freedom", "a.txt", GLM),
    Case("FRQ-04", "all in one cell", "a.csv", "g,A,B,Total\nx,53,0,53\ny,31,42,73\n", "review"),
    Case("FRQ-04", "spread", "a.csv", "g,A,B,Total\nx,23,30,53\ny,31,42,73\n"),
    Case("FRQ-09", "claimed, not applied", "a.csv", "g,n_midpoint6\na,123\nb,448\nc,57\n", "review"),
    Case("FRQ-09", "claimed and applied", "a.csv", "g,n_midpoint6\na,123\nb,447\nc,57\n"),
    Case("FRQ-10", "weighted only", "a.csv", "g,effectif\na,1203.7\nb,448.2\n", "review"),
    Case("FRQ-10", "weighted beside raw", "a.csv", "g,effectif_pondere,n\na,1203.7,120\nb,448.2,51\n"),
    Case(
        "ROC-01",
        "a point a person",
        "a.csv",
        lines("fpr,tpr,threshold", *(f"{i / 90:.4f},{min(1, i / 60):.4f},{1 - i / 90:.4f}" for i in range(90))),
        "review",
    ),
    Case(
        "ROC-01",
        "ten thresholds",
        "a.csv",
        lines("fpr,tpr,threshold", *(f"{i / 10},{min(1, i / 6):.2f},{1 - i / 10}" for i in range(10))),
    ),
    Case("COR-01", "r = 1", "a.csv", "v,a,b,c\na,1,1,0.2\nb,1,1,0.3\nc,0.2,0.3,1\n", "review"),
    Case("COR-01", "r < 1", "a.csv", "v,a,b,c\na,1,0.4,0.2\nb,0.4,1,0.3\nc,0.2,0.3,1\n"),
    Case("CON-01", "Gini of five", "a.csv", "g,n,gini\na,5,0.41\nb,800,0.38\n", "review"),
    Case("CON-01", "Gini of many", "a.csv", "g,n,gini\na,512,0.41\nb,800,0.38\n"),
    Case("CLU-01", "medoids", "a.csv", "medoid,age,bmi\n1,43,26.1\n2,67,31.0\n", "block"),
    Case("CLU-01", "means of clusters", "a.csv", "cluster,n,mean_age\n1,430,43.2\n2,312,61.0\n"),
    Case(
        "SUR-01",
        "one event a step",
        "a.csv",
        lines("time,n_risk,survival", *(f"{i},{200 - i},{1 - i / 200:.4f}" for i in range(1, 30))),
        "block",
    ),
    Case("COD-01", "a password", "a.py", "password = 'S3cretPassw0rd!'\n", "block"),
    Case("COD-01", "plain code", "a.py", "import pandas as pd\nprint(pd.read_csv('x.csv').shape)\n", verdict="pass"),
    Case("LOG-01", "a Stata session", "a.log", ". use data\n. tab sex\n", "review"),
    Case("BIN-01", "empty", "a.csv", "", "review"),
    Case("BIN-01", "zip named csv", "a.csv", "PK\x03\x04\x00\x00", "block"),
)
