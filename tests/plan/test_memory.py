from napari_segsuite.plan.memory import machine_memory


def test_a_machine_has_some_memory() -> None:
    assert machine_memory() > 2**28
