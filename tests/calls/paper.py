"""Rows of applications on paper, of invented people."""

from __future__ import annotations

from datetime import date

from cauce.accounts import rules as people

HEAD = (
    "CURP,País,Documento,Número,Nombres,Primer apellido,Segundo apellido,Fecha de nacimiento,Sexo,Correo,RFC,"
    "Especialidad,Calificación de egreso,Grupos,Estado de origen,Opción 1,Opción 2,Opción 3,Opción 4"
)
NAMES = (
    ("Citlali", "Huitrón", "Pech"), ("Bruno", "Zárate", "Uc"), ("Dalia", "Ochoa", "Yáñez"),
    ("Efraín", "Kumul", "Ávila"), ("Fabiola", "Garza", "Iturbe"), ("Gael", "Núñez", "Wong"),
)  # fmt: skip
BORN = date(1995, 5, 4)


def curp(names=NAMES[0], born=BORN, sex="M", serial=9):
    given, first, second = names
    return people.compose_curp(
        given_names=given, first_surname=first, second_surname=second, birth_date=born, sex=sex,
        birth_state="20", serial=serial,
    )  # fmt: skip


def cells(names=NAMES[0], **changed):
    """The cells of a good row by column; a changed one by the name of its column without spaces."""
    given, first, second = names
    good = {
        "CURP": curp(names), "Nombres": given, "Primer apellido": first, "Segundo apellido": second,
        "Fecha de nacimiento": "04/05/1995", "Sexo": "mujer", "Especialidad": "Pediatría",
        "Calificación de egreso": "91.25", "Opción 1": "20-2", "Opción 2": "20-1",
    }  # fmt: skip
    return {**good, **changed}


def row(names=NAMES[0], head=HEAD, **changed):
    values = cells(names, **changed)
    return ",".join(values.get(name, "") for name in head.split(","))


FOREIGN = {
    "CURP": "", "País": "El Salvador", "Documento": "Pasaporte", "Número": "A1234567", "Fecha de nacimiento": "1990-02-03",
}  # fmt: skip
_RIGHT = curp()
WRONG_DIGIT = _RIGHT[:-1] + str((int(_RIGHT[-1]) + 1) % 10)
