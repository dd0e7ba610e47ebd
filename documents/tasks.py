import structlog
from celery import shared_task

from documents import services
from documents.scanning import ScannerDown

log = structlog.get_logger(__name__)


@shared_task
def scan_file(pk: int) -> None:
    """One file, as soon as it is there."""
    try:
        services.scan(pk)
    except ScannerDown as error:
        log.warning("antivirus_down", file=pk, error=str(error))


@shared_task
def scan_waiting() -> None:
    """Every minute: what is still in quarantine."""
    services.scan_waiting()
