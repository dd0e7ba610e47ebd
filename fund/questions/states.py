"""What a question may be: its kinds, where it stands, when it is asked."""

from django.db import models


class QuestionSetState(models.TextChoices):
    DRAFT = "draft", "En préparation"
    FROZEN = "frozen", "En service"


class QuestionKind(models.TextChoices):
    SHORT = "short", "Texte court"
    LONG = "long", "Texte long"
    NUMBER = "number", "Nombre entier"
    AMOUNT = "amount", "Montant en euros"
    DATE = "date", "Date"
    YES_NO = "yes_no", "Oui ou non"
    ONE = "one", "Un seul choix dans une liste"
    SEVERAL = "several", "Plusieurs choix dans une liste"
    FILE = "file", "Fichier à joindre"
    BLOCK = "block", "Bloc répété (plusieurs fois les mêmes questions)"


K = QuestionKind
TEXTS = (K.SHORT, K.LONG)
FIGURES = (K.NUMBER, K.AMOUNT)
LISTS = (K.ONE, K.SEVERAL)
MEASURED = (K.NUMBER, K.AMOUNT, K.DATE)  # a condition compares them with a value that staff type
# What is not a value written in the form: a file goes through the documents, a block holds other questions.
APART = (K.FILE, K.BLOCK)

# The JSON type of an answer, as PostgreSQL names it.
JSON_TYPES = {
    K.SHORT: "string",
    K.LONG: "string",
    K.NUMBER: "number",
    K.AMOUNT: "number",
    K.DATE: "string",
    K.YES_NO: "boolean",
    K.ONE: "string",
    K.SEVERAL: "array",
}

MOST_CHARACTERS = {K.SHORT: 300, K.LONG: 10_000}
MOST_QUESTIONS = 60
MOST_ROWS = 20
MOST_CHOICES = 40


class Operator(models.TextChoices):
    ALWAYS = "", "toujours"
    EQUALS = "equals", "est"
    CONTAINS = "contains", "comprend"
    LEAST = "least", "est au moins"
    MOST = "most", "est au plus"
    FILLED = "filled", "a une réponse"


class QuestionSection(models.TextChoices):
    """Where a question stands: in a section of the sheet (same slugs and titles), or in the call's own."""

    CHANTIER = "chantier", "Le chantier"
    ENJEU = "enjeu", "L’enjeu et le diagnostic"
    REUSSITE = "reussite", "Nous aurons réussi si…"
    DESCRIPTION = "description", "En quoi consiste l’action"
    RESSOURCES = "ressources", "Les ressources à mobiliser"
    GOUVERNANCE = "gouvernance", "La gouvernance : qui fait quoi"
    OBSTACLES = "obstacles", "Les obstacles à prévoir"
    QUESTIONS = "questions", "Les questions de l’appel"
    ENGAGEMENTS = "engagements", "Les engagements de la commune"
