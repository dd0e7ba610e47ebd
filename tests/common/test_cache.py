"""The cache goes on counting, in memory, while Redis does not answer."""

import os

from common.cache import PatientRedisCache
from common.supervisor.service import free_port


def test_without_redis_each_process_goes_on_counting() -> None:
    cache = PatientRedisCache(f"redis://127.0.0.1:{free_port()}/0", {})
    assert cache.get("tries", 0) == 0
    cache.set("tries", 3, 60)
    assert cache.incr("tries") == 4 and cache.has_key("tries") and cache.get_many(["tries"]) == {"tries": 4}
    assert not cache.add("tries", 1)
    cache.delete("tries")
    assert cache.get("tries") is None


def test_with_redis_processes_count_together() -> None:
    one, other = (PatientRedisCache(os.environ["REDIS_URL"], {}) for _ in range(2))
    one.set("together", 1, 60)
    assert other.incr("together") == 2 and one.get("together") == 2
    one.clear()
    assert other.get("together") is None
