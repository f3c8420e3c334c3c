from trimtab.risk import jit, split


def test_every_kernel_carries_the_stamp_of_the_whole_package() -> None:
    assert split.split_unit._cache._cache_file._source_stamp == jit.STAMP  # type: ignore[attr-defined]
    assert jit._stamp() == jit.STAMP


def test_kernels_are_compiled_without_fastmath_or_threads() -> None:
    options = split.split_unit.targetoptions  # type: ignore[attr-defined]
    assert not options.get("fastmath")
    assert not options.get("parallel")
    assert options["error_model"] == "numpy"
