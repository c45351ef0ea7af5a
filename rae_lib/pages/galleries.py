"""Plates of several data sets in one numbered figure, a tab each."""

import html
import io
from base64 import b64encode
from collections.abc import Mapping

from IPython.display import display
from PIL import Image

from rae_lib.pages import markup


def gallery(plates: Mapping[str, bytes], *, caption: str, name: str, alt: str, scale: int = 1) -> None:
    """Display plates (PNG bytes) under tabs by their titles as one numbered figure; the first tab is open.

    scale: screen pixels for each pixel of a plate. `alt` says what every plate shows. Raises ValueError without plates, or where the caption or `alt`
    is empty.
    """
    if not plates or not caption.strip() or not alt.strip():
        raise ValueError(f"figure '{name}' needs plates, a caption and an alternative text")
    parts = {title: draw(plate, f"{title}: {alt}", scale) for title, plate in plates.items()}
    body = markup.tabs(parts, name) if len(parts) > 1 else next(iter(parts.values()))
    words = " ".join(caption.split())
    bundle = {
        "text/markdown": f":::{{record-figure}} {words}\n:name: {name}\n\n{body}\n:::",
        "text/plain": f"Figure {name}: {caption} ({', '.join(plates)})",
    }
    display(bundle, raw=True)


def draw(plate: bytes, alt: str, scale: int) -> str:
    """One plate as an element of the page, every pixel a square."""
    wide, high = Image.open(io.BytesIO(plate)).size
    content = b64encode(plate).decode()
    size = f'width="{scale * wide}" height="{scale * high}"'
    return f'<img class="plate" alt="{html.escape(alt)}" {size} src="data:image/png;base64,{content}">'
