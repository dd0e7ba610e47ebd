from django.urls import path

from benchmarks import floor
from config.urls import urlpatterns as of_the_product

urlpatterns = [path("plancher/<int:rows>/", floor.rows_by_index), *of_the_product]
