"""The runner for every BLAS kernel: what is run, what not, and what is said of it."""

import pytest

from . import kernels

VECTORS = ["AVX2", "AVX512_SKX"]
FEATURES = ["SSE2", "SSE3", "SSE42", "AVX", "FMA3", *VECTORS]


def machine(features=FEATURES, blas="openblas", heeds=True):
    """Ask a machine of these features, whose OpenBLAS takes Zen for Haswell."""

    def ask(environment):
        kernel = environment.get("OPENBLAS_CORETYPE", "SkylakeX")
        held_back = environment.get("NPY_DISABLE_CPU_FEATURES", "").split() if heeds else []
        return kernels.Report(
            [blas],
            {"of NumPy": "Haswell" if kernel == "Zen" else kernel} if blas == "openblas" else {},
            [name for name in features if name not in held_back],
            VECTORS,
        )

    return ask


def test_each_kernel_once_and_numpy_held_back():
    runs = {run.asked: run for run in kernels.planned(machine())}
    assert list(runs) == [*kernels.KERNELS, "NumPy held back"]
    assert {name for name, run in runs.items() if run.reason} == {"Zen"}
    assert runs["Zen"].reason == "the same as Haswell"
    assert runs["Nehalem"].environment == {"OPENBLAS_CORETYPE": "Nehalem"}
    assert runs["NumPy held back"].report.vector_code == []


def test_what_the_processor_lacks_is_not_tried():
    older = machine([name for name in FEATURES if name != "AVX512_SKX"])

    def careful(environment):
        assert environment.get("OPENBLAS_CORETYPE") != "SkylakeX"
        return older(environment)

    reasons = {run.asked: run.reason for run in kernels.planned(careful)}
    assert reasons["SkylakeX"] == "the processor lacks AVX512_SKX"
    assert reasons["Haswell"] == ""


def test_a_kernel_that_fails_at_once_is_named():
    def ask(environment):
        if environment.get("OPENBLAS_CORETYPE") == "Nehalem":
            return "a trial was ended by SIGILL"
        return machine()(environment)

    reasons = {run.asked: run.reason for run in kernels.planned(ask)}
    assert reasons["Nehalem"] == "a trial was ended by SIGILL"
    assert reasons["Haswell"] == ""


def test_another_blas_is_run_once(capsys):
    (own, held_back) = kernels.planned(machine(blas="mkl"))
    assert "not OpenBLAS on an x86 processor, but mkl" in capsys.readouterr().out
    assert (own.asked, own.environment, own.reason) == ("its own", {}, "")
    assert held_back.reason == ""


def test_numpy_that_holds_nothing_back_is_not_run_again():
    run = kernels.planned(machine(heeds=False))[-1]
    assert run.reason == "NumPy kept AVX2 AVX512_SKX"


def test_this_machine_can_be_asked():
    report = kernels.probe({})
    assert report.blas
    assert report.kernel
    assert report.features


@pytest.mark.parametrize("part", kernels.FAST)
def test_the_fast_part_is_there(part):
    assert (kernels.ROOT / part).exists()
