"""Every file a template names is there: the production storage refuses the page otherwise."""

import re
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders

NAMED = re.compile(r"""{%\s*static\s+["']([^"']+)["']""")


def test_every_static_file_named_exists() -> None:
    templates = Path(settings.BASE_DIR, "templates").rglob("*.*")
    named = {name for path in templates for name in NAMED.findall(path.read_text())}
    assert len(named) > 5
    assert not [name for name in sorted(named) if finders.find(name) is None]
