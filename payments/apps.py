from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    name = "payments"
    verbose_name = "Paiements"

    def ready(self) -> None:
        from applications import closing
        from applications.signals import award_acts_counted, award_reduced, award_reduction_checked, decision_signed
        from common import hidden
        from documents import visibility
        from payments.hiding import holding
        from payments.policies import act_letters, paper_files, rib_files
        from payments.requests import all_paid
        from payments.services.planning import plan_on_signature
        from payments.services.reducing import obstacle_to_reduction, reduce_plan, taken_by_acts

        hidden.register_beside(holding)
        closing.register(all_paid)
        visibility.register(rib_files)
        visibility.register(act_letters)
        visibility.register(paper_files)
        decision_signed.connect(plan_on_signature, dispatch_uid="payments.plan_on_signature")
        award_reduction_checked.connect(obstacle_to_reduction, dispatch_uid="payments.obstacle_to_reduction")
        award_acts_counted.connect(taken_by_acts, dispatch_uid="payments.taken_by_acts")
        award_reduced.connect(reduce_plan, dispatch_uid="payments.reduce_plan")
