"""Integer programmes, decided by HiGHS: optional, loaded only where nothing simpler decides."""

from __future__ import annotations

from typing import Any

import numpy as np

from cauce_engine.faults import Unsupported


class Programme:
    """An integer programme in the making: 0-1 columns, and rows as (least, most, {column: factor})."""

    def __init__(self) -> None:
        self.columns = 0
        self.rows: list[tuple[float, float, dict[int, float]]] = []

    def column(self) -> int:
        self.columns += 1
        return self.columns - 1

    def row(self, least: float, most: float, factors: dict[int, float]) -> None:
        self.rows.append((least, most, factors))

    def solution(self, nodes: int) -> tuple[bool, list[bool] | None]:
        """Whether it was decided within so many nodes, and values of the columns if there are any."""
        try:
            import highspy  # noqa: PLC0415 - optional, and slow to load
        except ImportError:
            problem = 'this market needs the package highspy for ties "maximum"'
            raise Unsupported("options.ties", problem) from None
        model = highspy.Highs()
        # One thread and no clock: the same steps on every machine.
        for name, value in (("output_flag", False), ("threads", 1), ("mip_max_nodes", nodes)):
            model.setOptionValue(name, value)
        size = self.columns
        model.addVars(size, np.zeros(size), np.ones(size))
        whole = np.array([highspy.HighsVarType.kInteger] * size)
        model.changeColsIntegrality(size, np.arange(size, dtype=np.int32), whole)
        starts = np.cumsum([0] + [len(factors) for _, _, factors in self.rows], dtype=np.int32)
        model.addRows(
            len(self.rows),
            np.array([least for least, _, _ in self.rows], np.float64),
            np.array([most for _, most, _ in self.rows], np.float64),
            int(starts[-1]),
            starts[:-1],
            np.array([c for _, _, factors in self.rows for c in factors], np.int32),
            np.array([f for _, _, factors in self.rows for f in factors.values()], np.float64),
        )
        model.run()
        return _read(highspy, model)


def _read(highspy: Any, model: Any) -> tuple[bool, list[bool] | None]:
    status = model.getModelStatus()
    if status == highspy.HighsModelStatus.kOptimal:
        return True, [value > 0.5 for value in model.getSolution().col_value]
    return status == highspy.HighsModelStatus.kInfeasible, None
