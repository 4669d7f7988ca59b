"""Each image starts with a read-only root, as nobody in particular, without network or capability."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from images import record
from images.catalogue import CATALOGUE
from tests.images.container import Container, Setting

pytestmark = pytest.mark.cluster
Images = Callable[[str], Container]
_PEOPLE = Setting(writable=("/tmp", "/home/researcher"))
_VERSIONS = {
    "base": (["/usr/bin/tini", "--version"], "tini version"),
    "pybase": (["python3", "--version"], "Python 3.11"),
    "postgresql": (["postgres", "--version"], "15."),
    "minio": (["minio", "--version"], "minio version"),
    "openbao": (["bao", "version"], "OpenBao v2"),
    "traefik": (["traefik", "version"], "3.7"),
    "keycloak": (["/opt/keycloak/bin/kc.sh", "--version"], "Keycloak 26.7.3"),
    "control": (["tre", "--version"], "tre, version"),
    "hub": (["python", "-c", "import jupyterhub, kubespawner, tre.spawner; print(jupyterhub.__version__)"], "6.1.1"),
    "gateway": (["python", "-c", "import aiohttp, tre.spawner.gateway; print(aiohttp.__version__)"], "3."),
    "science": (["/opt/tre/bin/jupyter", "lab", "--version"], "4.6"),
    "rbase": (["Rscript", "-e", "cat(R.version.string)"], "R version 4"),
    "python": (["jupyter", "lab", "--version"], "4.6"),
    "r": (["Rscript", "-e", "cat(R.version.string)"], "R version 4"),
    "spark": (["java", "--version"], "openjdk 17"),
}


@pytest.mark.parametrize("name", sorted(CATALOGUE))
def test_it_starts_with_a_read_only_root(name: str, image: Images) -> None:
    command, expected = _VERSIONS[name]
    assert expected in image(name).check(command, _PEOPLE if name in {"python", "r"} else None)


@pytest.mark.parametrize("name", sorted(CATALOGUE))
def test_its_user_is_numeric_and_not_root(name: str, image: Images) -> None:
    assert image(name).config["User"] == "1000:1000"


@pytest.mark.parametrize("name", sorted(CATALOGUE))
def test_no_file_gives_another_identity(name: str, image: Images) -> None:
    command = ["find", "/", "-xdev", "-type", "f", "-perm", "/6000"]
    assert image(name).run(command).stdout == ""


@pytest.mark.parametrize("name", sorted(CATALOGUE))
def test_nothing_of_the_build_machine_stays(name: str, image: Images) -> None:
    box = image(name)
    assert not any(setting.startswith(("PIP_", "SSL_", "REQUESTS_")) for setting in box.config["Env"])
    assert list((box.root / "var/cache/build").glob("*")) == []


@pytest.mark.parametrize("name", sorted(CATALOGUE))
def test_it_has_a_bill_of_materials(name: str) -> None:
    built = record.find(name)
    bill = json.loads(Path(built.sbom).read_text(encoding="utf-8"))
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    assert bill["metadata"]["component"]["version"] == built.digest
    assert {"tini", "libc6"} <= {component["name"] for component in bill["components"]}


def test_the_bills_name_what_matters() -> None:
    expected = {
        "python": {"pkg:pypi/pandas@", "pkg:pypi/tre-control-plane@", "pkg:npm/"},
        "r": {"pkg:cran/survival@", "pkg:deb/debian/r-base-core@"},
        "spark": {"pkg:generic/hadoop-aws@", "pkg:pypi/pyspark@"},
        "keycloak": {"pkg:deb/debian/openjdk-17-jre-headless@", "pkg:generic/"},
        "minio": {"file:/usr/local/bin/minio", "pkg:golang/github.com/minio/minio@", "pkg:golang/std@"},
        "openbao": {"pkg:golang/github.com/openbao/openbao"},
        "traefik": {"pkg:golang/github.com/traefik/traefik"},
    }
    for name, prefixes in expected.items():
        bill = json.loads(Path(record.find(name).sbom).read_text(encoding="utf-8"))
        references = [component["bom-ref"] for component in bill["components"]]
        for prefix in prefixes:
            assert any(reference.startswith(prefix) for reference in references), (name, prefix)


def test_the_control_image_holds_its_policies(image: Images) -> None:
    image("control").check(["test", "-s", "/etc/tre/policies/access.yaml"])


@pytest.mark.requirement("2.1.10")
def test_scientific_python_imports_offline(image: Images) -> None:
    modules = (
        "numpy, pandas, polars, pyarrow, duckdb, scipy, sklearn, statsmodels.api, lifelines, matplotlib.pyplot, "
        "seaborn, s3fs, boto3, requests, openpyxl, tre_workspace"
    )
    image("python").python(f"import {modules}", _PEOPLE)


@pytest.mark.requirement("2.1.10")
def test_a_survival_model_in_both_languages(image: Images) -> None:
    code = (
        "from lifelines import CoxPHFitter; from lifelines.datasets import load_rossi;"
        "print(CoxPHFitter().fit(load_rossi(), 'week', 'arrest').summary.shape)"
    )
    assert "(7," in image("python").python(code, _PEOPLE)
    script = "library(survival); cat(nrow(summary(coxph(Surv(time, status) ~ age + sex, lung))$coefficients))"
    assert image("r").check(["Rscript", "-e", script], _PEOPLE).endswith("2")


def test_both_kernels_are_registered(image: Images) -> None:
    listed = json.loads(image("r").check(["jupyter", "kernelspec", "list", "--json"], _PEOPLE))
    assert set(listed["kernelspecs"]) == {"python3", "ir"}


@pytest.mark.parametrize(("name", "kernel", "code"), [("python", "python3", "print(6 * 7)"), ("r", "ir", "cat(6 * 7)")])
def test_a_kernel_runs_a_cell(name: str, kernel: str, code: str, image: Images) -> None:
    program = (
        "import sys, nbformat, nbclient; n = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(sys.argv[2])]);"
        "nbclient.NotebookClient(n, kernel_name=sys.argv[1], timeout=90).execute();"
        "print(n.cells[0].outputs[0]['text'])"
    )
    assert "42" in image(name).check(["python", "-c", program, kernel, code], _PEOPLE)


def test_the_output_check_is_in_the_notebook(image: Images) -> None:
    command = ["sh", "-c", "printf 'service,n\\nA,3\\n' > /tmp/t.csv && tre check --format json /tmp/t.csv"]
    assert "findings" in image("python").run(command, _PEOPLE).stdout
