from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate


class CommonConfig(AppConfig):
    name = "common"
    verbose_name = "Socle"

    def ready(self) -> None:
        from common.forms import use_plain_words

        use_plain_words()
        pre_migrate.connect(prepare_before_first, dispatch_uid="grants")
        post_migrate.connect(apply_after_last, dispatch_uid="grants")


def prepare_before_first(sender: AppConfig, **kwargs: object) -> None:
    """pre_migrate is sent app by app; the default privileges stand before the first table."""
    from common import grants

    if sender is _with_models()[0]:
        grants.set_default_privileges()


def apply_after_last(sender: AppConfig, **kwargs: object) -> None:
    """post_migrate is sent app by app; the grants follow the last one."""
    from common import grants

    if sender is _with_models()[-1]:
        grants.apply_grants()


def _with_models() -> list[AppConfig]:
    from django.apps import apps

    return [config for config in apps.get_app_configs() if config.models_module is not None]
