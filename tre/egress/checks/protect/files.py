"""Pictures saved again, PDF pages drawn as a picture, notebooks without outputs."""

import io
import json

from tre.core.errors import Invalid
from tre.egress.checks.parts import Blob
from tre.egress.checks.policy import Policy
from tre.egress.checks.words import Words

_SCALE = 2.0


def protect_other(blob: Blob, kind: str, policy: Policy) -> tuple[str, bytes, list[Words]]:
    """Suffix, bytes and what was done; raises Invalid ``protect-damaged`` when the file cannot be read."""
    del policy  # pictures and notebooks are made plain whatever the policy
    try:
        if kind == "ipynb":
            return ".ipynb", _notebook(blob), [Words("Sorties effacées.", "Outputs cleared.")]
        if kind == "pdf":
            return ".png", _first_page(blob), [Words("Première page dessinée en PNG.", "First page drawn as PNG.")]
        return (
            ".png",
            _picture(blob),
            [Words("Image réenregistrée sans métadonnées.", "Picture saved again without metadata.")],
        )
    except Exception as error:
        raise Invalid(
            "protect-damaged", "The file cannot be read.", "Export it again from the program that made it."
        ) from error


def _picture(blob: Blob) -> bytes:
    from PIL import Image  # noqa: PLC0415

    with Image.open(io.BytesIO(blob.read())) as image:
        plain = Image.frombytes(image.convert("RGBA").mode, image.size, image.convert("RGBA").tobytes())
    stream = io.BytesIO()
    plain.save(stream, "PNG")
    return stream.getvalue()


def _first_page(blob: Blob) -> bytes:
    import pypdfium2  # noqa: PLC0415

    document = pypdfium2.PdfDocument(blob.read())
    try:
        image = document[0].render(scale=_SCALE).to_pil()
    finally:
        document.close()
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()


def _notebook(blob: Blob) -> bytes:
    notebook = json.loads(blob.read())
    for cell in notebook.get("cells", []):
        if cell.get("cell_type") == "code":
            cell["outputs"], cell["execution_count"] = [], None
        cell.pop("attachments", None)
    notebook.get("metadata", {}).pop("widgets", None)
    return json.dumps(notebook, indent=1, ensure_ascii=False).encode()
