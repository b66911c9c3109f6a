"""Files that people bring: told by their content, made harmless, kept once."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from PIL import Image

from cauce.base import files, web
from cauce.base.actors import Actor
from cauce.base.files import FileRefused, Limits
from cauce.base.models import FilePage, StoredFile
from cauce.base.usecases import use_case
from tests.base import uploads
from tests.base.uploads import pdf, photo, upload


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    """A folder on a disk, as an installation has it, and nothing of other tests in it."""
    backend = "django.core.files.storage.FileSystemStorage"
    settings.STORAGES = {
        **settings.STORAGES,
        "files": {"BACKEND": backend, "OPTIONS": {"location": tmp_path / "files"}},
    }
    return tmp_path / "files"


def why(data: bytes, limits: Limits = Limits(), name: str = "foto.jpg") -> FileRefused:  # noqa: B008
    with pytest.raises(FileRefused) as refused:
        files.examine(upload(data, name), limits)
    assert refused.value.message
    assert refused.value.remedy
    return refused.value


@use_case
def bring(*, uploads_, actor: Actor, now: datetime) -> StoredFile:
    """Keep files as an app would; return the last."""
    kept = [files.receive(one, now=now) for one in uploads_]
    return kept[-1]


def brought(*data: bytes) -> StoredFile:
    return bring(uploads_=[upload(each) for each in data], actor=Actor.system("test"), now=datetime.now(UTC))


def zipped() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("0", b"\0" * 5_000_000)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"MZ\x90\0" + b"\0" * 200, "type"),
        (b"<html><script>alert(1)</script>", "type"),
        (b"\0\0\0\x18ftypheic" + b"\0" * 40, "heic"),
        (photo()[:200], "damaged"),
        (b"\xff\xd8\xff" + b"not a picture" * 20, "damaged"),
        (uploads.png_head(20_000, 20_000), "pixels"),
    ],
)
@pytest.mark.once
def test_what_is_no_picture_is_refused_with_a_remedy(data, reason):
    assert why(data).detail["why"] == reason


@pytest.mark.once
def test_a_zip_bomb_is_no_picture():
    assert why(zipped()).detail["why"] == "type"


@pytest.mark.once
def test_a_picture_of_four_hundred_megapixels_is_refused_by_its_head():
    refused = why(uploads.png_head(20_000, 20_000))
    assert "400" in str(refused.message)


@pytest.mark.once
def test_the_size_is_counted_before_anything_is_read():
    assert why(photo(), Limits(octets=100)).detail["why"] == "size"


@pytest.mark.once
def test_a_picture_is_upright_bounded_and_says_nothing_of_its_telephone():
    kept = files.examine(upload(photo(size=(3000, 2000)), "🙂📷.exe"))
    assert kept.media_type == files.JPEG
    assert b"Mariana" not in kept.data
    with Image.open(io.BytesIO(kept.data)) as image:
        assert image.size == (1600, 2400)
        assert dict(image.getexif()) == {}


@pytest.mark.once
def test_what_is_transparent_is_on_white():
    out = io.BytesIO()
    Image.new("RGBA", (10, 10), (0, 0, 0, 0)).save(out, "PNG")
    with Image.open(io.BytesIO(files.examine(upload(out.getvalue())).data)) as image:
        assert min(image.getpixel((5, 5))) > 250


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (lambda: pdf(change=uploads.with_script), "script"),
        (lambda: pdf(change=uploads.with_launch), "action"),
        (lambda: pdf(change=uploads.with_attachment), "attachment"),
        (lambda: pdf(password="x" * 8), "encrypted"),
        (lambda: pdf(pages=4), "pages"),
        (lambda: b"%PDF-1.7 " + b"nothing" * 10, "damaged"),
    ],
)
@pytest.mark.once
def test_a_document_that_acts_or_hides_is_refused(data, reason):
    assert why(data(), Limits(pages=3)).detail["why"] == reason


@pytest.mark.once
@pytest.mark.slow
def test_a_document_that_unpacks_without_end_is_stopped_by_the_clock(monkeypatch):
    monkeypatch.setattr(files, "_SECONDS", 1)
    assert why(pdf(change=uploads.with_bomb)).detail["why"] == "complex"


@pytest.mark.once
def test_the_scanner_of_the_installation_is_asked(settings):
    settings.FILE_SCANNER = "tests.base.test_files.eicar"
    assert why(photo()).detail["why"] == "malware"


def eicar(data: bytes) -> str:
    return "EICAR"


@pytest.mark.once
def test_a_part_that_is_refused_is_named():
    with pytest.raises(FileRefused, match="Archivo 2"):
        files.examine_all([upload(photo()), upload(b"MZ")])
    with pytest.raises(FileRefused, match="Son más páginas"):
        files.examine_all([upload(photo())] * 3, Limits(pages=2))
    with pytest.raises(FileRefused, match="No llegó"):
        files.examine_all([])


@pytest.mark.django_db
def test_the_same_bytes_are_one_file_and_a_document_has_its_pages():
    first = brought(photo(), pdf(2), photo())
    assert StoredFile.objects.count() == 3  # the two blank pages look alike
    assert brought(photo()) == first
    document = StoredFile.objects.get(media_type=files.PDF)
    assert (document.pages, document.drawn.count()) == (2, 2)
    for page in FilePage.objects.select_related("picture"):
        assert files.content(page.picture).startswith(b"\xff\xd8\xff")


@pytest.mark.django_db
def test_bytes_without_a_row_are_swept_and_come_back_when_sent_again():
    later = datetime.now(UTC) + timedelta(days=2)
    kept = brought(photo(10))
    orphan = files.address("ab" * 32)
    files.storage().save(orphan, io.BytesIO(b"left behind"))
    assert files.sweep(older_than=later - timedelta(days=3)) == 0  # too young
    assert files.sweep(older_than=later) == 1
    assert not files.storage().exists(orphan)
    assert files.content(kept)
    files.storage().delete(files.address(kept.digest))
    assert files.content(brought(photo(10)))


@pytest.mark.django_db
def test_bytes_that_were_changed_are_not_given_out():
    kept = brought(photo(20))
    files.storage().delete(files.address(kept.digest))
    files.storage().save(files.address(kept.digest), io.BytesIO(b"x" * kept.size))
    with pytest.raises(ValueError, match="not its own"):
        files.content(kept)


@pytest.mark.django_db
def test_no_browser_runs_what_was_uploaded(client):
    answer = web.stored(brought(photo(30)), "documento-1.jpg")
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Disposition"] == 'inline; filename="documento-1.jpg"'


@pytest.mark.django_db
def test_nothing_is_kept_outside_a_use_case():
    with transaction.atomic(), pytest.raises(RuntimeError, match="use case"):
        files.receive(upload(photo()), now=datetime.now(UTC))
