from tests.factories.payments import Team, a_batch, an_instalment
from payments import services
from payments.models import Instalment, Batch
from reports import invariants


def test_whole(transactional_db):
    team = Team()
    batch = a_batch(team, state="sealed")
    print(batch.number, batch.content)
    e = services.export_batch(batch.pk, "csv", by=team.preparer)
    print(bytes(e.content).decode())
    assert not [f for f in invariants.check() if f[1]]
