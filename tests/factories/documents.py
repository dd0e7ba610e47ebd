"""Real small files of every kind, harmless and harmful, and stored ones."""

import io
import zipfile
from typing import Any

import openpyxl
import pikepdf
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from accounts.models import Organisation, User
from documents import services
from documents.models import StoredFile
from documents.states import FileState

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml"
ODT_TYPE = b"application/vnd.oasis.opendocument.text"


def a_pdf(*, password: str = "", script: str = "", launch: str = "", attached: str = "") -> bytes:
    pdf = pikepdf.new()
    pdf.add_blank_page()
    if script:
        pdf.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS=script)
    if launch:
        pdf.pages[0].obj.AA = pikepdf.Dictionary(O=pikepdf.Dictionary(S=pikepdf.Name.Launch, F=launch))
    if attached:
        pdf.attachments[attached] = b"<invoice/>"
    buffer = io.BytesIO()
    pdf.save(buffer, encryption=pikepdf.Encryption(user=password, owner=password) if password else False)
    return buffer.getvalue()


def an_image(format_name: str = "PNG", size: tuple[int, int] = (40, 30)) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, "white").save(buffer, format_name)
    return buffer.getvalue()


def a_zip(parts: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            kind = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            archive.writestr(name, content, compress_type=kind)
    return buffer.getvalue()


def a_docx(*, content_type: str = f"{WORD}.document.main+xml", **more: bytes) -> bytes:
    types = (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        f'<Override PartName="/word/document.xml" ContentType="{content_type}"/></Types>'
    )
    return a_zip({"[Content_Types].xml": types.encode(), "word/document.xml": b"<w:document/>", **more})


def an_xlsx() -> bytes:
    buffer = io.BytesIO()
    openpyxl.Workbook().save(buffer)
    return buffer.getvalue()


def an_odt(media_type: bytes = ODT_TYPE, **more: bytes) -> bytes:
    return a_zip({"mimetype": media_type, "content.xml": b"<office/>", **more})


def an_upload(name: str = "Délibération.pdf", content: bytes | None = None) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, a_pdf() if content is None else content)


def a_stored_file(
    organisation: Organisation,
    by: User,
    *,
    name: str = "Délibération.pdf",
    content: bytes | None = None,
    clean: bool = True,
) -> StoredFile:
    """Deposited by `by`, and judged unless `clean` is False."""
    stored = services.store_upload(an_upload(name, content), organisation=organisation, by=by)
    if clean:
        assert services.scan(stored.pk) == FileState.CLEAN
    return StoredFile.objects.get(pk=stored.pk)


def an_issued_file(by: User, organisation: Organisation | None = None, **fields: Any) -> StoredFile:
    return services.issue(
        **{"content": a_pdf(), "name": "Accusé.pdf", "organisation": organisation, "by": by, **fields}
    )
