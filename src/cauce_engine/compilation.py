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


def _address(target: Any, builder: Any, kind: Any, array: Any, index: Any) -> Any:
    held = target.make_array(kind)(target, builder, array)
    return builder.gep(held.data, [index])


def _fetch(context: Any, array: Any, index: Any) -> Any:
    def generate(target: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        byte = ir.IntType(8).as_pointer()
        address = builder.bitcast(_address(target, builder, signature.args[0], *arguments), byte)
        number = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [byte, number, number, number])
        function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        # To be read, kept in every cache, data.
        builder.call(function, [address, number(0), number(3), number(1)])
        return target.get_dummy_value()

    return numba.types.void(array, index), generate


def _copy16(context: Any, out: Any, at: Any, text: Any, begin: Any) -> Any:
    def generate(target: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        sixteen = ir.VectorType(ir.IntType(8), 16).as_pointer()
        written, _, read, _ = signature.args
        source = builder.bitcast(_address(target, builder, read, *arguments[2:]), sixteen)
        goal = builder.bitcast(_address(target, builder, written, *arguments[:2]), sixteen)
        builder.store(builder.load(source, align=1), goal, align=1)
        return target.get_dummy_value()

    return numba.types.void(out, at, text, begin), generate


def _copied(out: Any, at: int, text: Any, begin: int) -> None:
    out[at : at + 16] = text[begin : begin + 16]


def _unfetched(array: Any, index: Any) -> None:
    """Uncompiled code has nothing to fetch ahead."""


_compiling = not getattr(numba.config, "DISABLE_JIT", False)
fetch: Any = numba.extending.intrinsic(_fetch) if _compiling else _unfetched
"""``fetch(array, index)``: say that an element will be read soon; changes nothing."""
copy16: Any = numba.extending.intrinsic(_copy16) if _compiling else _copied
"""``copy16(out, at, text, begin)``: copy 16 bytes, which must exist on both sides."""
