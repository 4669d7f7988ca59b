"""`tre project render`: offline, byte-stable, and refusing what it does not understand."""

from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from tre.cli.project import project_group, read_spec, write_spec

DIGEST = "sha256:" + "a" * 64
SPEC = f"""
project:
  slug: etude-un
  title: Étude
  people: [{{slug: chercheuse-a, lead: true}}, {{slug: chercheur-b}}]
platform:
  images: {{hub: "r/tre/hub@{DIGEST}", gateway: "r/tre/gateway@{DIGEST}"}}
  addresses: {{minio: 10.0.0.1, openbao: 10.0.0.2, tre-workspace: 10.0.0.3, tre-hubapi: 10.0.0.4}}
  api_servers: ["10.1.1.1:6443"]
"""


def _render(tmp_path: Path, text: str, *options: str) -> tuple[int, str]:
    file = tmp_path / "spec.yaml"
    file.write_text(text)
    result = CliRunner().invoke(project_group, ["render", str(file), *options])
    return result.exit_code, result.output


@pytest.mark.requirement("2.4.02")
def test_equal_input_gives_equal_bytes(tmp_path: Path) -> None:
    first, second = _render(tmp_path, SPEC), _render(tmp_path, SPEC)
    turned = SPEC.replace("{slug: chercheuse-a, lead: true}, {slug: chercheur-b}",
                          "{slug: chercheur-b}, {slug: chercheuse-a, lead: true}")  # fmt: skip
    assert first == second == _render(tmp_path, turned)
    kinds = [document["kind"] for document in yaml.safe_load_all(first[1])]
    assert kinds[0] == "Namespace"
    assert "Plan" not in "".join(kinds)


def test_the_other_plans_come_on_request(tmp_path: Path) -> None:
    documents = list(yaml.safe_load_all(_render(tmp_path, SPEC, "--plans")[1]))
    assert [document["kind"] for document in documents[-2:]] == ["BucketPlan", "VaultPlan"]


def test_what_is_written_is_what_is_read() -> None:
    spec, facts = read_spec(SPEC)
    assert read_spec(write_spec(spec, facts)) == (spec, facts)


@pytest.mark.parametrize("text", ["", "[]", "project: {slug: x, colour: red}", "project: {slug: A--B, title: t}", ":"])
def test_what_is_not_a_project_is_refused(tmp_path: Path, text: str) -> None:
    code, output = _render(tmp_path, text)
    assert code == 1
    assert "Traceback" not in output
