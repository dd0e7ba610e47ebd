"""Writing a message: a text, documents, and for a question the choice to show the draft."""

from typing import Any
from uuid import uuid4

from django import forms
from django.conf import settings

from applications.forms.acts import ActForm, ManyFilesField
from applications.models.messages import MAX_TEXT
from common.typography import filesize


class MaybeFilesField(ManyFilesField):
    """Several files, or none."""

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        return [one for one in super().clean(data, initial) if one]


class MessageForm(ActForm):
    text = forms.CharField(
        label="Votre message",
        max_length=MAX_TEXT,
        widget=forms.Textarea(attrs={"rows": 7}),
        error_messages={"required": "Écrivez votre message : il est vide."},
    )
    uploads = MaybeFilesField(
        label="Joindre des documents",
        required=False,
        help_text="Cinq au plus, de 20 Mo au plus : PDF, PNG, JPEG, DOCX, XLSX, ODT ou ODS.",
    )

    def __init__(self, data: Any = None, files: Any = None, **kwargs: Any) -> None:
        super().__init__(data, files=files, **kwargs)

    def refuse_heavy(self, names: list[str]) -> bool:
        """Say which files were too heavy to be received; whether there is any."""
        for name in names:
            limit = filesize(settings.UPLOAD_MAX_BYTES)
            self.add_error(
                "uploads", f"« {name} » dépasse {limit}. Allégez-le, puis choisissez de nouveau vos documents."
            )
        return bool(names)

    def again(self, refusal: str) -> "MessageForm":
        """The same words, to be sent anew: with another key, and what was refused said. Browsers forget chosen files."""
        typed: Any = self.data.copy()  # type: ignore[attr-defined]
        typed["key"] = str(uuid4())
        form = type(self)(typed)
        form.is_valid()
        form.add_error("text", refusal)
        if self.files:
            form.fields["uploads"].help_text += " Choisissez de nouveau vos documents."
        return form


class QuestionForm(MessageForm):
    share = forms.BooleanField(
        label="Joindre mon brouillon à la question",
        required=False,
        help_text="Le service lira vos réponses telles qu’elles sont maintenant, sans les pièces. Sans cette coche, "
        "il ne voit que le nom de la commune, le titre et votre question.",
    )
