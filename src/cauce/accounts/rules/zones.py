"""Time zones: that of a state of Mexico or of a country, and which ones a person may choose."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cauce.base.errors import Refused

CENTRE = "America/Mexico_City"
# States whose people mostly live by another time than the centre's (Ley de los Husos Horarios, DOF 28-10-2022), by
# INEGI's key. Border towns of Chihuahua and Tamaulipas, and Bahía de Banderas, may choose their own.
STATE_ZONES = {
    "02": "America/Tijuana",
    "03": "America/Mazatlan",
    "08": "America/Chihuahua",
    "18": "America/Mazatlan",
    "23": "America/Cancun",
    "25": "America/Mazatlan",
    "26": "America/Hermosillo",
}
COUNTRY_ZONES = {
    "SV": "America/El_Salvador", "GT": "America/Guatemala", "HN": "America/Tegucigalpa", "NI": "America/Managua",
    "CR": "America/Costa_Rica", "PA": "America/Panama", "BZ": "America/Belize", "CU": "America/Havana",
    "DO": "America/Santo_Domingo", "CO": "America/Bogota", "EC": "America/Guayaquil", "PE": "America/Lima",
    "BO": "America/La_Paz", "VE": "America/Caracas", "PY": "America/Asuncion", "UY": "America/Montevideo",
    "AR": "America/Argentina/Buenos_Aires", "HT": "America/Port-au-Prince",
}  # fmt: skip
NAMES = {
    CENTRE: gettext_lazy("Centro de México"),
    "America/Cancun": gettext_lazy("Quintana Roo"),
    "America/Mazatlan": gettext_lazy("Baja California Sur, Nayarit y Sinaloa"),
    "America/Hermosillo": gettext_lazy("Sonora"),
    "America/Tijuana": gettext_lazy("Baja California"),
    "America/Chihuahua": gettext_lazy("Chihuahua"),
    "America/Ciudad_Juarez": gettext_lazy("Ciudad Juárez y la frontera de Chihuahua"),
    "America/Ojinaga": gettext_lazy("Ojinaga y su región"),
    "America/Matamoros": gettext_lazy("Frontera de Tamaulipas, Nuevo León y Coahuila"),
    "America/Bahia_Banderas": gettext_lazy("Bahía de Banderas"),
    **{zone: zone.rsplit("/", 1)[-1].replace("_", " ") for zone in COUNTRY_ZONES.values()},
    "America/New_York": "New York",
    "America/Chicago": "Chicago",
    "America/Los_Angeles": "Los Angeles",
    "Europe/Madrid": "Madrid",
}


class ZoneRefused(Refused):
    """That is none of the time zones one may choose."""

    code = "zone_refused"


def zone_of(*, chosen: str, birth_state: str, country: str = "") -> str:
    """Return the zone a person lives by: what they chose, else that of their country or state, else the centre's."""
    return chosen or COUNTRY_ZONES.get(country, "") or STATE_ZONES.get(birth_state, CENTRE)


def read_zone(zone: str) -> str:
    """Return ``zone`` if one may choose it; "" stands for the default. Raises ``ZoneRefused``."""
    if zone and zone not in NAMES:
        raise ZoneRefused(
            _("Esa zona horaria no está en la lista."), _("Elige una de la lista."), field="time_zone"
        )
    return zone
