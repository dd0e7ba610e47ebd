from django.http import HttpResponse


def application_review(request, **kw):
    return HttpResponse()


def signature_ask(request, **kw):
    return HttpResponse()


def signature_return(request, **kw):
    return HttpResponse()


def application_submit(request, **kw):
    return HttpResponse()


def application_sent(request, **kw):
    return HttpResponse()


def application_withdraw(request, **kw):
    return HttpResponse()


def pieces_answer(request, **kw):
    return HttpResponse()
