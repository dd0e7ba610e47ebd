"""The two-column budget: what the action costs, and who pays. Empty rows are ignored."""

from typing import Any

from django import forms

from applications.forms.fields import LineField
from applications.forms.rows import RowForm, RowSet, rowset
from applications.models import Application, BudgetLine
from applications.states import CHARGE_ACCOUNTS, PRODUCT_ACCOUNTS, VOLUNTARY, FundingStatus, Side
from common.money import MoneyField

MAX_LINE = 10**11
CHARGES = tuple(choice for choice in CHARGE_ACCOUNTS if choice[0] not in VOLUNTARY)
OWN = tuple(choice for choice in PRODUCT_ACCOUNTS if choice[0] in ("autofinancement", "70", "75"))
KIND = tuple(choice for choice in (*CHARGE_ACCOUNTS, *PRODUCT_ACCOUNTS) if choice[0] in VOLUNTARY)
STATUSES = (("", "Où en est la demande ?"), *FundingStatus.choices)


class LineForm(RowForm):
    """One line: the account alone says nothing, the amount makes the line."""

    needs = "amount"
    accounts: tuple[tuple[str, str], ...] = ()
    label = LineField(label="Précision", max_length=160)
    amount = MoneyField(label="Montant", required=False, max_cents=MAX_LINE)

    def is_empty(self) -> bool:
        data = self.cleaned_data
        return not (data.get("label") or data.get("funder")) and data.get("amount") is None

    def clean(self) -> dict[str, Any]:
        cleaned = forms.Form.clean(self) or {}
        if (
            "amount" not in self.errors
            and cleaned.get("amount") is None
            and (cleaned.get("label") or cleaned.get("funder"))
        ):
            # A precision without an amount is kept as it is: zero is said, nothing is lost.
            cleaned["amount"] = 0
        return cleaned

    @property
    def account_label(self) -> str:
        return str(dict(self.accounts).get(str(self["account"].value() or ""), ""))

    @property
    def summary_row(self) -> str:
        """What names this line in the summary of errors."""
        return self.account_label if "account" in self.fields else ""


class AccountLineForm(LineForm):
    """A line whose account is chosen; in the rows that are always there it is fixed."""

    account = forms.ChoiceField(label="Compte", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["account"].choices = self.accounts  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if not cleaned.get("account") and "account" not in self.errors and not self.is_empty():
            self.add_error("account", "Choisissez le compte de cette ligne.")
        return cleaned

    def fix_account(self) -> None:
        self.fields["account"].widget = forms.HiddenInput()

    @property
    def is_fixed(self) -> bool:
        return self.fields["account"].widget.is_hidden


class ChargeForm(AccountLineForm):
    accounts = CHARGES


class OwnForm(AccountLineForm):
    accounts = OWN


class VoluntaryForm(AccountLineForm):
    accounts = KIND


class FunderForm(LineForm):
    funder = LineField(label="Financeur", max_length=160)
    status = forms.ChoiceField(label="État de la demande", choices=STATUSES, required=False)

    def is_empty(self) -> bool:
        return super().is_empty() and not self.cleaned_data.get("status")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("status") and cleaned.get("amount") is None and "amount" not in self.errors:
            cleaned["amount"] = 0
        if cleaned.get("amount") is not None and not cleaned.get("funder") and "funder" not in self.errors:
            self.add_error("funder", "Il manque le nom du financeur.")
        return cleaned


class RequestForm(forms.Form):
    use_required_attribute = False
    amount = MoneyField(label="Montant demandé au fonds", required=False, max_cents=MAX_LINE)


class Budget:
    """The forms of the budget of a file; `lines()` is what the service is given."""

    def __init__(self, application: Application, *, data: Any = None, spare: int = 1) -> None:
        self.application = application
        lines = list(application.budget_lines.all())
        asked = next((line for line in lines if line.is_request), None)
        self.request = RequestForm(data, prefix="demande", initial={"amount": asked.amount_cents if asked else None})
        self.charges = self._table(ChargeForm, "charges", lines, Side.CHARGE, data, spare)
        self.own = self._table(OwnForm, "commune", lines, Side.PRODUCT, data, 0)
        self.voluntary = self._table(VoluntaryForm, "volontaires", lines, "", data, 0)
        funders = [
            {"funder": line.funder, "label": line.label, "status": line.status, "amount": line.amount_cents}
            for line in lines
            if line.account == "74" and line.side == Side.PRODUCT and not line.is_request
        ]
        self.funders: RowSet = rowset(
            FunderForm, funders, prefix="financeurs", data=data, spare=max(spare, 3 - len(funders))
        )
        self.forms = (self.request, self.charges, self.funders, self.own, self.voluntary)

    def _table(
        self, form: type[AccountLineForm], prefix: str, lines: list[BudgetLine], side: str, data: Any, spare: int
    ) -> RowSet:
        rows = []
        for account, _ in form.accounts:
            kept = [one for one in lines if one.account == account and (not side or one.side == side)]
            rows += [{"account": account, "label": one.label, "amount": one.amount_cents} for one in kept]
            if not kept:
                rows.append({"account": account})
        table: RowSet = rowset(form, rows, prefix=prefix, data=data, spare=spare)
        for one in table.forms[: table.initial_form_count()]:
            one.fix_account()
        return table

    def is_valid(self) -> bool:
        # Every table is validated: stopping at the first would hide the others' messages.
        verdicts = [one.is_valid() for one in self.forms]
        return all(verdicts)

    def lines(self) -> list[dict[str, Any]]:
        lines = [self._line(Side.CHARGE, row) for row in self.charges.rows()]
        asked = self.request.cleaned_data.get("amount")
        if asked is not None:
            lines.append(
                {
                    "side": Side.PRODUCT.value,
                    "account": "74",
                    "label": self.application.call.fund.name,
                    "funder": self.application.call.fund.authority_name,
                    "status": FundingStatus.REQUESTED.value,
                    "amount_cents": asked,
                    "is_request": True,
                }
            )
        lines += [self._line(Side.PRODUCT, {"account": "74", **row}) for row in self.funders.rows()]
        lines += [self._line(Side.PRODUCT, row) for row in self.own.rows()]
        for row in self.voluntary.rows():
            lines.append(self._line(Side.CHARGE if row.get("account") == "86" else Side.PRODUCT, row))
        return lines

    def models(self) -> list[BudgetLine]:
        """The lines as the file would hold them, for counting; what cannot be read is not among them."""
        self.is_valid()
        return [BudgetLine(**line) for line in self.lines()]

    @property
    def unread(self) -> int:
        """How many lines are left out of the count."""
        forms = [form for table in self.forms for form in getattr(table, "forms", [table])]
        return sum("amount" in form.errors for form in forms)

    @staticmethod
    def _line(side: Side, row: dict[str, Any]) -> dict[str, Any]:
        return {
            "side": side.value,
            "account": row.get("account", ""),
            "label": row.get("label", ""),
            "funder": row.get("funder", ""),
            "status": row.get("status", ""),
            "amount_cents": row.get("amount") or 0,
            "is_request": False,
        }
