"""What happens here that apps above may need, without being imported. Receivers run in the same transaction."""

from django.dispatch import Signal

# A granted decision has been signed: sender=Decision, decision=…, by=…. `payments` plans the instalments.
decision_signed = Signal()
# May this award be lowered to award_cents? A receiver answers a sentence that says why not, or nothing.
award_reduction_checked = Signal()
# An award has been lowered to award_cents: decision=…, award_cents=…, by=…. `payments` lowers what is still planned.
award_reduced = Signal()
# What the fund's own acts took from this award: decision=…. A receiver answers cents.
award_acts_counted = Signal()
