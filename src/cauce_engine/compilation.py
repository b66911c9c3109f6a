"""Compile once and keep the result on disk; where the disk refuses, compile for this process and say so."""

from __future__ import annotations

import sys
from typing import Any

import numba
import numba.extending
from llvmlite import ir
from numba.core import cgutils

_SIGNS_OF_NO_CACHE = ("no locator available", "cannot cache function")
_told = False


def compiled(function: Any) -> Any:
    """Like ``numba.njit(cache=True)``, but an unwritable cache folder costs time instead of the answer."""
    try:
        return numba.njit(cache=True, nogil=True)(function)
    except RuntimeError as error:
        if not any(sign in str(error) for sign in _SIGNS_OF_NO_CACHE):
            raise
        _tell_once()
        return numba.njit(nogil=True)(function)


def _tell_once() -> None:
    global _told
    if not _told:
        _told = True
        sys.stderr.write(
            "The compiled loops cannot be kept (their folder is not writable): every start compiles them "
            "anew. Set NUMBA_CACHE_DIR to a writable folder.\n"
        )


def _announce() -> Any:
    """Make ``fetch(array, index)``: tells the processor that an element will be read soon; changes nothing."""
    if numba.config.DISABLE_JIT:
        return lambda array, index: None

    def fetch(context: Any, array: Any, index: Any) -> Any:
        def generate(target: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            held = target.make_array(signature.args[0])(target, builder, arguments[0])
            byte = ir.IntType(8).as_pointer()
            address = builder.bitcast(builder.gep(held.data, [arguments[1]]), byte)
            number = ir.IntType(32)
            kind = ir.FunctionType(ir.VoidType(), [byte, number, number, number])
            function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
            # To be read, kept in every cache, data.
            builder.call(function, [address, number(0), number(3), number(1)])
            return target.get_dummy_value()

        return numba.types.void(array, index), generate

    return numba.extending.intrinsic(fetch)


fetch = _announce()
