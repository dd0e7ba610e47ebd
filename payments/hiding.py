"""What a declared interest hides here beyond the file's own lines: the batches and the returns that hold one of them."""

from common.hidden import Hidden
from payments.models import Batch, ReturnImport


def holding(hidden: Hidden) -> dict[str, set[int]]:
    """Type -> ids, for the journal: its entries on a batch name the files and their amounts."""
    found = (Batch.objects.holding(hidden), ReturnImport.objects.speaking_of(hidden))
    return {rows.model._meta.label_lower: set(rows.values_list("pk", flat=True)) for rows in found}
