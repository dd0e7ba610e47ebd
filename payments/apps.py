from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    name = "payments"
    verbose_name = "Paiements"

    def ready(self) -> None:
        from applications.signals import decision_signed
        from documents import visibility
        from payments.policies import rib_files
        from payments.services.planning import plan_on_signature

        visibility.register(rib_files)
        decision_signed.connect(plan_on_signature, dispatch_uid="payments.plan_on_signature")
