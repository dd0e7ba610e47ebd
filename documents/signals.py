"""What happens here that apps above may need, without being imported."""

from django.dispatch import Signal

# A file was given to a person: sender=StoredFile, file=…, user=….
file_served = Signal()
