from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    name = "payments"
    verbose_name = "Paiements"

    def ready(self) -> None:
        from applications import closing
        from applications.signals import decision_signed
        from documents import visibility
        from payments.policies import rib_files
        from payments.requests import all_paid
        from payments.services.planning import plan_on_signature

        closing.register(all_paid)
        visibility.register(rib_files)
        decision_signed.connect(plan_on_signature, dispatch_uid="payments.plan_on_signature")
