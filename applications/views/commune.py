from django.http import HttpResponse


def my_applications(request, **kw):
    return HttpResponse()


def application_create(request, **kw):
    return HttpResponse()


def application_home(request, **kw):
    return HttpResponse()


def application_print(request, **kw):
    return HttpResponse()
