"""One renderer and one field template for every form of the product."""

from django.forms.renderers import TemplatesSetting


class FieldRenderer(TemplatesSetting):
    """Label, hint, error, `aria-describedby`, required mark and autocomplete are right everywhere at once."""

    field_template_name = "django/forms/field.html"
