"""What people type as a telephone number is refused in words or kept as it was typed."""

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from accounts.forms import ContactsForm, OwnContactsForm
from common.telephone import PhoneField, is_telephone
from fund.forms.budget import FundForm
from tests.factories.accounts import a_drafter

TYPED = st.text("0123456789 .-()/+pPoste\u202f\u00a0zé٣\x00", max_size=35) | st.text(max_size=35)


@pytest.mark.parametrize(
    "number",
    ["04 42 18 19 19", "0442181919", "04.42.18.19.19", "04-42-18-19-19", "+33 4 42 18 19 19", "+33 (0)4 42 18 19 19",
     "0033442181919", "04\u202f42\u00a018 19 19", "04 42 18 19 19 poste 12", "3939", "+377 93 15 00 00", " 04 42 18 19 19 "],
)  # fmt: skip
def test_what_people_write_is_a_number(number: str) -> None:
    assert is_telephone(number)
    assert PhoneField().clean(number) == number.strip()


@pytest.mark.parametrize(
    "text",
    ["zz", "0", "04 42 18 19", "04 42 18 19 1", "04 42 18 19 19 19", "00 00 00 00 00", "1234567890", "+33 42 18 19 19", "٠٤٤٢١٨١٩١٩",
     "04 42 18 19 19 / 06 11 22 33 44", "tél. 04 42 18 19 19", "04 42 18 19 1O", "+", "()", "poste 12", "-04 42 18 19 19"],
)  # fmt: skip
def test_what_is_not_a_number_is_refused_in_words(text: str) -> None:
    with pytest.raises(ValidationError, match="Écrivez le numéro comme 04"):
        PhoneField().clean(text)


@given(TYPED)
def test_a_number_is_itself_or_refused(text: str) -> None:
    try:
        assert PhoneField().clean(text) == text.strip()
    except ValidationError as refusal:
        assert all(sentence[0].isupper() or sentence[0].isdigit() for sentence in refusal.messages)


@pytest.mark.django_db
def test_a_profile_refuses_what_is_not_a_number_and_keeps_it_on_the_page(client: Client) -> None:
    user = a_drafter()
    client.force_login(user)
    said = {"first_name": "Zz", "last_name": "Zz", "job": "", "phone": "zz"}
    answer = client.post(reverse("profile"), said)
    page = answer.content.decode()
    assert "Écrivez le numéro comme 04" in page and 'value="zz"' in page
    user.refresh_from_db()
    assert user.first_name != "Zz" and user.phone != "zz"
    assert client.post(reverse("profile"), said | {"phone": "04 42 18 19 19"}).status_code == 302
    user.refresh_from_db()
    assert (user.first_name, user.phone) == ("Zz", "04 42 18 19 19")


@pytest.mark.django_db
def test_the_contacts_of_a_commune_and_of_the_fund_are_held_to_it() -> None:
    for form in (OwnContactsForm, ContactsForm, FundForm):
        name = "contact_phone" if form is FundForm else "phone"
        assert isinstance(form.base_fields[name], PhoneField)
