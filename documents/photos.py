"""A photo as it may be kept: drawn again, upright, of a sensible size, without anything the camera wrote (place, hour, owner)."""

import io
import warnings
from pathlib import PurePath

from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from PIL import Image, ImageOps

from common.errors import DomainError
from documents.inspection import BROKEN, JPEG, PNG, inspect
from documents.names import display_name, extension

LONGEST_SIDE = 2400
MAX_PIXELS = 40_000_000
WRONG_KIND = "Une photo est une image PNG ou JPEG. Enregistrez-la dans l’un de ces formats, puis joignez-la."
TOO_LARGE = "Cette photo est trop grande. Réduisez-la à moins de 6 000 pixels de côté, puis joignez-la."


def redrawn(upload: UploadedFile) -> UploadedFile:
    """The same picture in bytes of our own; DomainError, in words for that person, for what is not a photo."""
    name = display_name(upload.name or "")
    end = extension(name)
    if end not in (*PNG.extensions, *JPEG.extensions):
        raise DomainError(WRONG_KIND)
    source = upload.file or upload
    kind = inspect(source, end)  # type: ignore[arg-type]
    source.seek(0)
    format_name = "PNG" if kind is PNG else "JPEG"
    content = io.BytesIO()
    try:
        with warnings.catch_warnings(), Image.open(source, formats=[format_name]) as image:
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            if image.width * image.height > MAX_PIXELS and format_name == "PNG":
                raise DomainError(TOO_LARGE)
            image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
            upright = ImageOps.exif_transpose(image)
            upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
            _clean(upright, format_name).save(
                content, format_name, **({"quality": 88} if format_name == "JPEG" else {})
            )
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise DomainError(BROKEN) from error
    return SimpleUploadedFile(f"{PurePath(name).stem}.{end}", content.getvalue(), kind.content_type)


def _clean(image: Image.Image, format_name: str) -> Image.Image:
    """The pixels alone, in a new picture: no metadata can follow."""
    mode = "RGBA" if format_name == "PNG" and _transparent(image) else "RGB"
    fresh = Image.new(mode, image.size)
    fresh.paste(image.convert(mode))
    return fresh


def _transparent(image: Image.Image) -> bool:
    return "transparency" in image.info or image.mode in ("RGBA", "LA", "PA")
