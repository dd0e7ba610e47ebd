"""The questions of a call, written by those who prepare it."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import for_roles, person
from accounts.states import DESK_ROLES, Role
from common.errors import DomainError
from fund import services
from fund.forms.questions import KIND_HINTS, CopyForm, KindForm, QuestionForm, ServiceForm
from fund.models import Call, Question, QuestionSet
from fund.policies import manages_fund
from fund.questions.form import QuestionsForm, in_words
from fund.questions.sheet import Sheet
from fund.questions.states import APART, QuestionKind, QuestionSection
from fund.services.questions import WRITTEN
from fund.states import CallState

NO_FILE_INSIDE = "Un bloc ne contient ni fichier ni autre bloc : demandez le fichier à côté du bloc, une fois."
ACTS = ("preparer", "copier", "monter", "descendre")


@require_safe
@for_roles(*DESK_ROLES, Role.AUDITOR)
def call_questions(request: HttpRequest, slug: str) -> HttpResponse:
    """The version in service and the one being prepared, question by question."""
    call = _call(slug)
    sets = list(call.question_sets.prefetch_related("questions"))
    draft = next((one for one in sets if one.state == "draft"), None)
    current = next((one for one in reversed(sets) if one.state == "frozen"), None)
    editable = manages_fund(request.user) and call.state in WRITTEN
    sources = _sources(call) if draft and editable else []
    context = {
        "call": call,
        "draft": draft,
        "current": current,
        "older": [one for one in sets if one.state == "frozen" and one != current],
        "can_edit": editable,
        "groups": _groups(draft) if draft else [],
        "current_groups": _groups(current) if current else [],
        "kind_form": KindForm() if draft and editable else None,
        "copy_form": CopyForm(sources=sources) if sources else None,
        "opens_by_itself": call.state in (CallState.DRAFT, CallState.PUBLISHED) and current is None,
    }
    return render(request, "fund/questions.html", context)


def _groups(one: QuestionSet) -> list[dict[str, Any]]:
    """The questions section by section, each with its condition in words, its place, and a block with its own."""
    sheet = Sheet(one.questions.all())
    groups = []
    for section in QuestionSection:
        tops = sheet.tops(section.value)
        if tops:
            groups.append({"title": section.label, "rows": [_row(q, i, tops, sheet) for i, q in enumerate(tops)]})
    return groups


def _row(question: Question, at: int, line: list[Question], sheet: Sheet) -> dict[str, Any]:
    target, children = sheet.target(question), sheet.children(question)
    return {
        "question": question,
        "condition": in_words(question, target) if target else "",
        "first": at == 0,
        "last": at == len(line) - 1,
        "children": [_row(child, i, children, sheet) for i, child in enumerate(children)],
        "kind_form": KindForm(inside=True) if question.kind == QuestionKind.BLOCK else None,
    }


def _sources(call: Call) -> list[QuestionSet]:
    """The latest version of every other call that asked something."""
    found: dict[int, QuestionSet] = {}
    sets = QuestionSet.objects.exclude(call=call).filter(questions__isnull=False).distinct()
    for one in sets.select_related("call").prefetch_related("questions").order_by("call__year", "call_id", "number"):
        found[one.call_id] = one
    return list(reversed(found.values()))


@require_POST
@for_roles(Role.FUND_MANAGER)
def call_questions_act(request: HttpRequest, slug: str, act: str) -> HttpResponse:
    """The small acts of the list: prepare a version, copy another call's questions, move one."""
    call, by = _call(slug), person(request)
    if act not in ACTS:
        raise Http404
    anchor = ""
    if act == "preparer":
        services.prepare_questions(call.pk, by=by)
    elif act == "copier":
        source = request.POST.get("source", "")
        draft = _draft(call)
        added = services.copy_questions(
            draft.pk, int(source) if source.isdecimal() else 0, by=by, version=_version(request)
        )
        messages.success(
            request, f"{added} questions reprises. Relisez-les : les dates et les montants ont pu changer."
        )
    else:
        question = _question(call, request.POST.get("question", ""))
        services.move_question(question.pk, by=by, version=_version(request), up=act == "monter")
        anchor = f"#question-{question.pk}"
    return redirect(reverse("call_questions", args=[slug]) + anchor)


@require_http_methods(["GET", "POST"])
@for_roles(Role.FUND_MANAGER)
def call_question_add(request: HttpRequest, slug: str) -> HttpResponse:
    call = _call(slug)
    draft = _draft(call)
    kind, block = request.GET.get("sorte", ""), _block(draft, request.GET.get("bloc", ""))
    if block and kind in APART:
        messages.error(request, NO_FILE_INSIDE)
    if kind not in QuestionKind.values or (block and kind in APART):
        return redirect("call_questions", slug)
    form = QuestionForm(request.POST or None, of=draft, kind=kind, block=block)
    if request.method == "POST" and form.is_valid():
        try:
            added = services.add_question(
                draft.pk,
                by=person(request),
                version=form.cleaned_data["version"],
                kind=kind,
                block=block.pk if block else None,
                **form.fields_given(),
            )
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"« {added.label} » est ajoutée.")
            return redirect(reverse("call_questions", args=[slug]) + f"#question-{added.pk}")
    return render(request, "fund/question_edit.html", _page(call, form, "Ajouter une question"))


@require_http_methods(["GET", "POST"])
@for_roles(Role.FUND_MANAGER)
def call_question_edit(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    call = _call(slug)
    draft, question = _draft(call), _question(call, str(pk))
    form = QuestionForm(request.POST or None, of=draft, kind=question.kind, question=question, block=question.parent)
    if request.method == "POST" and form.is_valid():
        try:
            services.edit_question(pk, by=person(request), version=form.cleaned_data["version"], **form.fields_given())
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "La question est enregistrée.")
            return redirect(reverse("call_questions", args=[slug]) + f"#question-{pk}")
    return render(request, "fund/question_edit.html", _page(call, form, "Modifier la question"))


@require_http_methods(["GET", "POST"])
@for_roles(Role.FUND_MANAGER)
def call_question_remove(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    call = _call(slug)
    draft, question = _draft(call), _question(call, str(pk))
    if request.method == "POST":
        services.remove_question(pk, by=person(request), version=_version(request))
        messages.success(request, f"« {question.label} » est retirée.")
        return redirect("call_questions", slug)
    children = draft.questions.filter(parent=question).count()
    context = {
        "call": call,
        "question": question,
        "version": draft.version,
        "consequences": [f"La question « {question.label} » ne sera pas posée."]
        + ([f"Les {children} questions de ce bloc partent avec lui."] if children else []),
        "back": reverse("call_questions", args=[slug]),
    }
    return render(request, "fund/question_remove.html", context)


@require_http_methods(["GET", "POST"])
@for_roles(*DESK_ROLES, Role.AUDITOR)
def call_questions_preview(request: HttpRequest, slug: str) -> HttpResponse:
    """The form as a commune has it. One may try it; nothing is kept."""
    call = _call(slug)
    one = services.prepared(call) or services.in_service(call)
    if one is None:
        return redirect("call_questions", slug)
    form = QuestionsForm(request.POST if request.method == "POST" else None, sheet=Sheet(one.questions.all()))
    tried = request.method == "POST" and form.is_valid()
    left = form.typed().gaps() if tried else []
    return render(
        request, "fund/questions_preview.html", {"call": call, "set": one, "form": form, "tried": tried, "left": left}
    )


@require_http_methods(["GET", "POST"])
@for_roles(Role.FUND_MANAGER)
def call_questions_serve(request: HttpRequest, slug: str) -> HttpResponse:
    """Put the prepared version in service while the call is open; it cannot be undone."""
    call = _call(slug)
    draft = _draft(call)
    form = ServiceForm(request.POST or None, initial={"version": draft.version})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        services.put_in_service(draft.pk, by=person(request), version=data["version"], reason=data["reason"])
        messages.success(request, "Les nouvelles questions sont en service.")
        return redirect("call_questions", slug)
    begun = call.applications.filter(state="draft").count()
    context = {
        "call": call,
        "form": form,
        "consequences": [
            ("Questions posées aux nouveaux dossiers", str(draft.questions.count())),
            ("Brouillons commencés, qui gardent leurs questions", str(begun)),
            "Une commune qui a commencé son dossier pourra passer aux nouvelles questions. "
            "Les dossiers envoyés ne changent pas.",
        ],
        "back": reverse("call_questions", args=[slug]),
    }
    return render(request, "fund/questions_serve.html", context)


# --- Fetching --------------------------------------------------------------------------------------------------


def _page(call: Call, form: QuestionForm, title: str) -> dict[str, Any]:
    order = (
        "label",
        "help",
        "choices",
        "limit_words",
        "minimum",
        "maximum",
        "earliest",
        "latest",
        "rows_min",
        "rows_max",
    )
    names = [name for name in (*order, "required", "section", "condition", "expected") if name in form.fields]
    rows = [form[name] for name in names]
    hint = KIND_HINTS.get(form.kind, "")
    return {"call": call, "form": form, "title": title, "kind": form.kind.label, "hint": hint, "rows": rows}


def _call(slug: str) -> Call:
    return get_object_or_404(Call.objects.select_related("fund"), slug=slug)


def _draft(call: Call) -> QuestionSet:
    found = services.prepared(call)
    if found is None:
        raise DomainError("Aucune version n’est en préparation : les questions en service ne changent plus.")
    return found


def _question(call: Call, pk: str) -> Question:
    found = Question.objects.select_related("parent", "set")
    return get_object_or_404(found, pk=int(pk) if pk.isdecimal() and len(pk) < 19 else 0, set__call=call)


def _block(draft: QuestionSet, pk: str) -> Question | None:
    if not pk:
        return None
    wanted = int(pk) if pk.isdecimal() and len(pk) < 19 else 0
    return get_object_or_404(draft.questions.filter(kind=QuestionKind.BLOCK), pk=wanted)


def _version(request: HttpRequest) -> int:
    found = request.POST.get("version", "")
    return int(found) if found.isdecimal() and len(found) < 9 else 0
