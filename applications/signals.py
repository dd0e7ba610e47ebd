"""What happens here that apps above may need, without being imported. Receivers run in the same transaction."""

from django.dispatch import Signal

# A granted decision has been signed: sender=Decision, decision=…, by=…. `payments` plans the instalments.
decision_signed = Signal()
