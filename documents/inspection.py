"""What a deposited file really is. The extension says what it claims, the content must agree; what is dangerous or
unreadable is refused with a sentence that says what to do. Nothing is unpacked here: directories and headers only."""

import struct
import subprocess
import sys
import warnings
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import puremagic
from defusedxml import ElementTree
from PIL import Image

from common.errors import DomainError

MAX_PIXELS = 60_000_000
MAX_MEMBERS = 5_000
MAX_UNPACKED = 200 * 1024 * 1024
MAX_RATIO = 100
MAX_PART = 4 * 1024 * 1024
PDF_CHECK = Path(__file__).with_name("pdf_check.py")
PDF_SECONDS = 20

PDF_SENTENCES = {
    "locked": "Ce PDF est protégé par un mot de passe. Enregistrez-le sans mot de passe, puis joignez-le de nouveau.",
    "active": "Ce PDF contient un programme ou un fichier caché. Imprimez-le « au format PDF », puis joignez cette copie.",
    "unreadable": "Ce PDF est abîmé : nous n’arrivons pas à l’ouvrir. Enregistrez-le de nouveau, puis joignez-le.",
}
LOCKED = "Ce document est protégé par un mot de passe. Enregistrez-le sans mot de passe, puis joignez-le de nouveau."
MACROS = (
    "Ce document contient des macros. Enregistrez-le au format PDF, ou sans macros (.docx, .xlsx), puis joignez-le."
)
TOO_DEEP = (
    "Ce document est anormalement compressé et nous ne l’ouvrons pas. Enregistrez-le au format PDF, puis joignez-le."
)
BROKEN = "Ce fichier est abîmé : nous n’arrivons pas à le lire. Ouvrez-le, enregistrez-le de nouveau, puis joignez-le."
TOO_LARGE = "Cette image est trop grande. Réduisez-la à moins de 8 000 pixels de côté, puis joignez-la."
DOUBLE = "Ce fichier en cache un autre. Enregistrez-le de nouveau avec votre logiciel habituel, puis joignez-le."


@dataclass(frozen=True)
class Kind:
    extensions: tuple[str, ...]
    label: str
    content_type: str
    check: Callable[[BinaryIO], None]


def kind_of(extension: str) -> Kind | None:
    return next((kind for kind in KINDS if extension in kind.extensions), None)


def inspect(file: BinaryIO, extension: str) -> Kind:
    """The kind of an acceptable file; DomainError with the sentence to show for any other."""
    kind = kind_of(extension)
    if kind is None:
        raise DomainError(
            "Ce type de fichier n’est pas accepté. Joignez un PDF, une image (PNG, JPEG) ou un document DOCX, XLSX, ODT ou ODS."
        )
    file.seek(0)
    if found := _signature(file.read(8)):
        if kind not in found:
            raise DomainError(_disagree(kind, found[0].label))
    else:
        raise DomainError(_disagree(kind, _guess(file)))
    file.seek(0)
    kind.check(file)
    file.seek(0)
    return kind


def _signature(head: bytes) -> list[Kind]:
    return [kind for mark, kinds in SIGNATURES.items() if head.startswith(mark) for kind in kinds]


def _disagree(kind: Kind, found: str) -> str:
    what = f"contient en fait un fichier {found}" if found else "n’a pas le contenu attendu"
    return f"Ce fichier est nommé comme un {kind.label}, mais il {what}. Enregistrez-le au format {kind.label}, puis joignez-le."


def _guess(file: BinaryIO) -> str:
    """The name of the format, for the sentence only. Old Office files and locked ones look the same: both are said."""
    file.seek(0)
    head = file.read(4096)
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        return "protégé par un mot de passe ou d’un ancien format (.doc, .xls)"
    try:
        return puremagic.from_string(head).lstrip(".").upper()
    except (puremagic.PureError, ValueError):
        return ""


# --- PDF: in a process of its own, with little memory and little time -------------------------


def check_pdf(file: BinaryIO) -> None:
    try:
        done = subprocess.run(
            [sys.executable, "-I", str(PDF_CHECK)],
            input=file.read(),
            capture_output=True,
            timeout=PDF_SECONDS,
            check=False,
        )
        verdict = done.stdout.decode().strip() if done.returncode == 0 else "unreadable"
    except subprocess.TimeoutExpired:
        verdict = "unreadable"
    if verdict != "ok":
        raise DomainError(PDF_SENTENCES.get(verdict, PDF_SENTENCES["unreadable"]))
    if zipfile.is_zipfile(file):
        raise DomainError(DOUBLE)


# --- Images -----------------------------------------------------------------------------------


def _image(format_name: str) -> Callable[[BinaryIO], None]:
    def check(file: BinaryIO) -> None:
        try:
            with warnings.catch_warnings(), Image.open(file, formats=[format_name]) as image:
                warnings.simplefilter("ignore", Image.DecompressionBombWarning)
                width, height = image.size
                if width * height > MAX_PIXELS:
                    raise DomainError(TOO_LARGE)
                if format_name == "JPEG":
                    image.draft("RGB", (max(1, width // 8), max(1, height // 8)))
                    image.load()
                else:
                    image.verify()
        except Image.DecompressionBombError as error:
            raise DomainError(TOO_LARGE) from error
        except (OSError, SyntaxError, ValueError, struct.error) as error:
            raise DomainError(BROKEN) from error
        if zipfile.is_zipfile(file):
            raise DomainError(DOUBLE)

    return check


# --- Office documents: the directory of the zip, and the two or three parts that say what it is ---


def _directory(file: BinaryIO) -> zipfile.ZipFile:
    try:
        archive = zipfile.ZipFile(file)
        members = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise DomainError(BROKEN) from error
    names = [member.filename for member in members]
    unpacked = sum(member.file_size for member in members)
    packed = sum(member.compress_size for member in members)
    if len(members) > MAX_MEMBERS or unpacked > MAX_UNPACKED or unpacked > MAX_RATIO * max(packed, 1024):
        raise DomainError(TOO_DEEP)
    if any(member.flag_bits & 0x1 for member in members):
        raise DomainError(LOCKED)
    if len(set(names)) != len(names) or any(name.startswith(("/", "\\")) or ".." in name.split("/") for name in names):
        raise DomainError(BROKEN)
    return archive


def _part(archive: zipfile.ZipFile, name: str) -> bytes:
    try:
        with archive.open(name) as part:
            content = part.read(MAX_PART + 1)
    except (KeyError, zipfile.BadZipFile, OSError, EOFError, ValueError, NotImplementedError) as error:
        raise DomainError(BROKEN) from error
    if len(content) > MAX_PART:
        raise DomainError(TOO_DEEP)
    return content


def _ooxml(main_part: str, label: str) -> Callable[[BinaryIO], None]:
    def check(file: BinaryIO) -> None:
        with _directory(file) as archive:
            names = {name.lower() for name in archive.namelist()}
            if "[content_types].xml" not in names or main_part not in names:
                raise DomainError(_disagree(kind_of(label.lower()) or KINDS[0], ""))
            types = _part(archive, "[Content_Types].xml")
            _parse(types)
            if b"macroEnabled" in types or b"vbaProject" in types or any("vbaproject" in name for name in names):
                raise DomainError(MACROS)
            if any("/activex/" in f"/{name}" for name in names):
                raise DomainError(MACROS)
            for name in archive.namelist():
                if name.endswith(".rels") and "settings" in name.rsplit("/", 1)[-1]:
                    _refuse_remote_template(_part(archive, name))

    return check


def _refuse_remote_template(content: bytes) -> None:
    for relation in _parse(content):
        remote = relation.get("Target", "").lower().startswith(("http:", "https:", "ftp:"))
        if remote and relation.get("Type", "").endswith("/attachedTemplate"):
            raise DomainError(MACROS)


def _odf(media_type: str) -> Callable[[BinaryIO], None]:
    def check(file: BinaryIO) -> None:
        with _directory(file) as archive:
            names = archive.namelist()
            if "mimetype" not in names or "content.xml" not in names:
                raise DomainError(BROKEN)
            if _part(archive, "mimetype").strip() != media_type.encode():
                raise DomainError(_disagree(next(kind for kind in KINDS if kind.content_type == media_type), ""))
            if any(name.startswith(("Basic/", "Scripts/")) and not name.endswith("/") for name in names):
                raise DomainError(MACROS)
            if "META-INF/manifest.xml" in names and b"encryption-data" in _part(archive, "META-INF/manifest.xml"):
                raise DomainError(LOCKED)

    return check


def _parse(content: bytes) -> "ElementTree.Element":
    try:
        return ElementTree.fromstring(content, forbid_dtd=True)
    except Exception as error:  # broken XML and what defusedxml forbids
        raise DomainError(BROKEN) from error


_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_ODT = "application/vnd.oasis.opendocument.text"
_ODS = "application/vnd.oasis.opendocument.spreadsheet"
PDF = Kind(("pdf",), "PDF", "application/pdf", check_pdf)
PNG = Kind(("png",), "PNG", "image/png", _image("PNG"))
JPEG = Kind(("jpg", "jpeg"), "JPEG", "image/jpeg", _image("JPEG"))
DOCX = Kind(("docx",), "DOCX", _WORD, _ooxml("word/document.xml", "DOCX"))
XLSX = Kind(("xlsx",), "XLSX", _SHEET, _ooxml("xl/workbook.xml", "XLSX"))
ODT = Kind(("odt",), "ODT", _ODT, _odf(_ODT))
ODS = Kind(("ods",), "ODS", _ODS, _odf(_ODS))
KINDS = (PDF, PNG, JPEG, DOCX, XLSX, ODT, ODS)
EXTENSIONS = tuple(extension for kind in KINDS for extension in kind.extensions)
SIGNATURES = {
    b"%PDF-": (PDF,),
    b"\x89PNG\r\n\x1a\n": (PNG,),
    b"\xff\xd8\xff": (JPEG,),
    b"PK\x03\x04": (DOCX, XLSX, ODT, ODS),
}
