"""Communes, their SIRET « à vérifier », and one account for each role."""

import csv
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

from django.contrib.auth.hashers import make_password
from stdnum import luhn

from accounts.models import JoinRequest, Membership, Organisation, User
from accounts.states import JoinState, PlanStatus, Role
from common.search import sort_key
from demo.content import Content
from demo.content.shapes import Person
from demo.seed.pen import Clock, Step, born, walk

PASSWORD = "bienvenue-au-fonds"  # the demonstration's, written on its sign-in page
DIRECTORY = Path(__file__).resolve().parents[2] / "accounts" / "data" / "communes_amp.csv"


def siret_of(siren: str) -> str:
    """First establishment: SIREN + 0001 + check digit. A guess, shown as « à vérifier »; a real installation looks it up."""
    partial = f"{siren}0001"
    return partial + luhn.calc_check_digit(partial)


def communes() -> dict[str, Organisation]:
    with DIRECTORY.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    made = Organisation.objects.bulk_create(
        Organisation(
            name=row["nom"],
            sort_name=sort_key(row["nom"]),
            siren=row["siren"],
            siret=siret_of(row["siren"]),
            insee_code=row["code_insee"],
            department=row["departement"],
            arrondissement=row["arrondissement"],
            postal_codes=row["codes_postaux"].split("|"),
            population=int(row["population_municipale"]),
            population_total=int(row["population_totale"]),
            latitude=Decimal(row["latitude"]),
            longitude=Decimal(row["longitude"]),
            address=f"Hôtel de ville\n{row['codes_postaux'].split('|')[0]} {row['nom']}",
            plan_status=PlanStatus.ADOPTED if row["plan_local"] == "oui" else PlanStatus.NONE,
            engaged_in_source_text=row["engagee_texte_source"] == "oui",
        )
        for row in rows
    )
    return {organisation.name: organisation for organisation in made}


def people(content: Content, communes: dict[str, Organisation], joined_at: datetime) -> dict[str, User]:
    """key -> user, each with the role it demonstrates."""
    password = make_password(PASSWORD, salt="demonstration")
    users: dict[str, User] = {}
    for person in content.people:
        users[person.key] = User.objects.create(
            email=person.email,
            first_name=person.first_name,
            last_name=person.last_name,
            job=person.function,
            password=password,
            date_joined=joined_at,
        )
    Membership.objects.bulk_create(
        Membership(user=users[person.key], organisation=organisation, role=role, started_at=joined_at)
        for person in content.people
        for organisation, role in roles_of(person, communes)
    )
    return users


def roles_of(person: Person, communes: dict[str, Organisation]) -> list[tuple[Organisation | None, str]]:
    """A signatory administers the commune. A member of the staff who also belongs to a commune (an elected member) never evaluates its files."""
    organisation = person.organisation or (
        person.member_of if person.role in ("reader", "drafter", "signatory") else ""
    )
    if organisation:
        administers = [(communes[organisation], Role.ORGANISATION_ADMIN)] if person.role == Role.SIGNATORY.value else []
        return [(communes[organisation], person.role), *administers]
    both: list[tuple[Organisation | None, str]] = [(None, person.role)]
    if person.member_of:
        both.append((communes[person.member_of], "reader"))
    return both


# Who asks to join: (commune, its mail domains, first name, last name, job, address).
ASKING: tuple[tuple[str, list[str], str, str, str, str], ...] = (
    ("Aubagne", ["aubagne.demo"], "Mathilde", "Santoni", "Responsable de la vie associative", "m.santoni@aubagne.demo"),
    ("Carry-le-Rouet", [], "Gérard", "Olivari", "Adjoint au maire, solidarités", "gerard.olivari@orange.fr"),
)


def telephones(communes: dict[str, Organisation]) -> None:
    """Invented, in the range kept for fiction: a bank account is verified by calling a number known before."""
    for index, name in enumerate(sorted(communes)):
        communes[name].phone = f"04 65 71 {index // 100 + 1:02d} {index % 100:02d}"
        communes[name].save(update_fields=["phone"])


def requests_to_join(communes: dict[str, Organisation], clock: Clock) -> None:
    """Two people whose address is confirmed: one waits for her commune, the other for the fund (no administrator there)."""
    for name, domains, first_name, last_name, job, email in ASKING:
        commune, asked_at = communes[name], clock.at(-1, "14:20")
        commune.email_domains, commune.phone = domains, "04 65 71 00 13"
        commune.save(update_fields=["email_domains", "phone"])
        request = JoinRequest(
            organisation=commune,
            email=email,
            first_name=first_name,
            last_name=last_name,
            job=job,
            created_at=asked_at,
            expires_at=asked_at + timedelta(hours=72),
        )
        born(request, by=None, at=asked_at)
        later = asked_at + timedelta(minutes=6)
        fields = {"confirmed_at": later, "confirmed_through": "mail"}
        walk(request, [Step("confirm", JoinState.WAITING, None, later, fields)])
