from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    name = "payments"
    verbose_name = "Paiements"

    def ready(self) -> None:
        from applications.signals import decision_signed
        from payments.services.planning import plan_on_signature

        decision_signed.connect(plan_on_signature, dispatch_uid="payments.plan_on_signature")
