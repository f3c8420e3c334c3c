"""Kernels that only other kernels call: kept as the compiler's own code, optimized where they are linked in.

numba links a callee's code into every caller and there optimizes all of it and turns it into machine code again, so
that a chain of calls is compiled once for each of its links. These are left for the one door that holds them all:
half of the time of the first compile, and the door's machine code is the same as it would be.
"""

from typing import Any

from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import Compiler


class LinkedLibrary(JITCodeLibrary):
    """Code without an address."""

    @property
    def codegen(self) -> "_WithoutAddress":
        """Numba's maker of code, but for what needs an address."""
        return _WithoutAddress(self._codegen)

    def _optimize_final_module(self) -> None:
        """Whole-module passes are run where everything is linked together."""

    def _finalize_final_module(self) -> None:
        """No machine code is made."""
        self._finalize_dynamic_globals()
        self._finalized = True

    def get_pointer_to_function(self, _name: str, /) -> int:
        """Zero: nobody outside calls it."""
        self._ensure_finalized()
        return 0

    def serialize_using_object_code(self) -> Any:
        """What the cache keeps is the compiler's code."""
        return self.serialize_using_bitcode()


class _WithoutAddress:
    """Passes everything on but the address of an environment, which code without an address has not."""

    def __init__(self, codegen: Any) -> None:
        self._codegen = codegen

    def __getattr__(self, name: str) -> Any:
        return getattr(self._codegen, name)

    def set_env(self, _name: str, _env: Any, /) -> None:
        """The doors have their own."""


class LinkedCompiler(Compiler):
    """Numba's compiler with such a library."""

    def __init__(self, typingctx: Any, targetctx: Any, library: Any, *rest: Any) -> None:
        super().__init__(typingctx, targetctx, library, *rest)
        if self.state.library is None:
            self.state.library = LinkedLibrary(self.state.targetctx.codegen(), "linked")
            self.state.library.enable_object_caching()
