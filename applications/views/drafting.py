from django.http import HttpResponse


def documents(request, **kw):
    return HttpResponse()


def document_remove(request, **kw):
    return HttpResponse()


def budget(request, **kw):
    return HttpResponse()


def section(request, **kw):
    return HttpResponse()
