from __future__ import annotations

from napari_segsuite.runners.environment import worker_environment

HERE = {"PYTHONPATH": "a:b", "VIRTUAL_ENV": "/v", "PATH": "/bin", "LANG": "de_DE"}


def test_the_environment_of_the_user_is_kept():
    assert worker_environment(HERE).items() >= HERE.items()


def test_variables_that_let_data_run_code_are_removed():
    unsafe = {
        "TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD": "1",
        "TORCH_FORCE_WEIGHTS_ONLY_LOAD": "0",
        "NUMCODECS_ALLOW_UNSAFE_PICKLE_DECODING": "1",
    }
    assert not worker_environment({**HERE, **unsafe}).keys() & unsafe.keys()


def test_idle_threads_sleep():
    assert worker_environment({"OMP_WAIT_POLICY": "ACTIVE"})["OMP_WAIT_POLICY"] == (
        "PASSIVE"
    )


def test_threads_are_set_only_if_asked_for():
    assert worker_environment({"OMP_NUM_THREADS": "7"})["OMP_NUM_THREADS"] == "7"
    assert "OMP_NUM_THREADS" not in worker_environment({})
    assert worker_environment({}, threads=2)["OMP_NUM_THREADS"] == "2"
