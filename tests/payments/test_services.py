from payments import services
from reports import invariants
from tests.factories.payments import Team, a_batch


def test_whole(transactional_db):
    team = Team()
    batch = a_batch(team, state="sealed")
    print(batch.number, batch.content)
    e = services.export_batch(batch.pk, "csv", by=team.preparer)
    print(bytes(e.content).decode())
    assert not [f for f in invariants.check() if f[1]]
