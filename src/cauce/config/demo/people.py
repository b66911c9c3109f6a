"""Invented doctors: names from pools, births at random, a CURP that follows from both. Pure and repeatable."""
# ruff: noqa: SIM905 - pools of names read better as text

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any

from cauce.accounts.rules import compose_curp

WOMEN = (
    "Abril Adriana Aidé Alejandra Alicia Alma Alondra Ana Andrea Ángela Araceli Ariadna Aurora Beatriz Berenice "
    "Brenda Camila Carmen Carolina Cecilia Citlali Clara Claudia Daniela Diana Dulce Elena Elisa Elizabeth Erika "
    "Esmeralda Estefanía Eva Fabiola Fátima Fernanda Gabriela Gloria Graciela Guadalupe Ileana Inés Irene Irma Itzel "
    "Ivonne Jazmín Jimena Julia Julieta Karen Karla Laura Leticia Liliana Lorena Lucía Luisa Luz Magdalena Marcela "
    "Margarita Mariana Marisol Marta Mayra Mercedes Minerva Mónica Nadia Nayeli Noemí Norma Olga Paola Patricia Paulina "
    "Perla Raquel Rebeca Renata Rocío Rosa Rosario Ruth Sandra Sara Silvia Sofía Sonia Susana Tania Teresa Valeria "
    "Vanessa Verónica Victoria Violeta Ximena Xóchitl Yadira Yolanda Zaira"
).split()
MEN = (
    "Abel Abraham Adán Adolfo Adrián Agustín Alan Alberto Alejandro Alfonso Alfredo Andrés Ángel Antonio Armando Arturo "
    "Axel Benito Bernardo Braulio Carlos César Cristian Cristóbal Daniel Darío David Diego Domingo Édgar Eduardo Efraín "
    "Elías Emiliano Enrique Erick Ernesto Esteban Eugenio Fabián Felipe Félix Fermín Fernando Francisco Gabriel Gerardo "
    "Gilberto Gonzalo Guillermo Gustavo Héctor Hugo Humberto Ignacio Isaac Isaías Ismael Iván Jacobo Jaime Javier Jesús "
    "Joaquín Joel Jonathan Jorge José Josué Juan Julián Julio Leonardo Leopoldo Lorenzo Luis Manuel Marco Mario Martín "
    "Mateo Mauricio Maximiliano Miguel Moisés Nicolás Noé Octavio Omar Óscar Pablo Pedro Rafael Ramiro Ramón Raúl René "
    "Ricardo Roberto Rodrigo Rogelio Román Rubén Salvador Samuel Santiago Saúl Sergio Tomás Ulises Uriel Víctor Vicente"
).split()
SURNAMES = (
    "Acosta Aguilar Aguirre Alcántara Alvarado Álvarez Amador Ángeles Aranda Arellano Arias Arreola Ávalos Ayala Baeza "
    "Balam Ballesteros Bañuelos Barajas Barrera Barrios Bautista Becerra Beltrán Bermúdez Bravo Bustamante Caamal "
    "Caballero Cabrera Calderón Camacho Campos Canché Canul Cárdenas Carrillo Casillas Castañeda Castillo Castro Ceballos "
    "Cervantes Cetina Chablé Chan Chávez Chi Cisneros Cocom Contreras Cordero Córdova Corona Cortés Couoh Cruz Cuevas "
    "Delgado Díaz Domínguez Dorantes Dzib Dzul Echeverría Ek Enríquez Escalante Escamilla Escobar Esparza Espinosa Esquivel "
    "Estrada Euán Falcón Farías Fernández Figueroa Flores Franco Fuentes Galindo Gallardo Gallegos Gálvez Gamboa García "
    "Garza Gómez González Granados Guerrero Guevara Guillén Gutiérrez Guzmán Haro Hernández Herrera Hidalgo Huerta Hurtado "
    "Ibarra Islas Jacinto Jaimes Jaramillo Jiménez Juárez Ku Lara Leal Ledesma León Leyva Limón Lira Lomelí López Lozano "
    "Lugo Luna Macías Madrigal Magaña Maldonado Manríquez Márquez Martínez Matus May Medina Mejía Meléndez Méndez Mendoza "
    "Mercado Meza Miranda Moctezuma Molina Mondragón Montes Montiel Mora Morales Moreno Mota Muñoz Murillo Nah Nájera Narváez "
    "Nava Navarro Nieto Noh Núñez Ocampo Ochoa Ojeda Olivares Olvera Ordaz Orozco Ortega Ortiz Osorio Otero Pacheco Padilla "
    "Palacios Palma Paredes Parra Pat Patiño Paz Pech Pedraza Peña Peralta Pérez Pineda Poot Portillo Puc Pulido Quezada "
    "Quintana Quiñones Quiroz Ramírez Ramos Rangel Rentería Reséndiz Reyes Reynoso Ríos Rivas Rivera Robles Rocha Rodríguez "
    "Rojas Román Romero Rosales Rosas Rubio Ruelas Ruiz Saavedra Salas Salazar Saldaña Salinas Sánchez Sandoval Santiago "
    "Santos Saucedo Segura Sepúlveda Serrano Sierra Silva Solano Solís Soriano Sosa Soto Suárez Tapia Tejeda Téllez "
    "Toledo Torres Trejo Treviño Trujillo Tun Tzuc Uc Uribe Urrutia Valadez Valdez Valdivia Valencia Valenzuela Valle Vargas "
    "Vázquez Vega Velasco Velázquez Velasquillo Vera Verduzco Villa Villalobos Villanueva Villarreal Villegas Xicoténcatl Xool "
    "Yam Yáñez Zamora Zamudio Zapata Zaragoza Zárate Zavala Zepeda Zetina Zúñiga"
).split()
_FIRST = {"M": ("María", "Ana", "Rosa"), "H": ("José", "Luis", "Juan")}
# The last homonym character: the registry reaches it last, so an invented key is least likely to be anybody's.
_LAST_HOMONYM = 9


@dataclass(frozen=True, slots=True)
class Invented:
    """A doctor who does not exist. ``birth_state`` is INEGI's key."""

    given_names: str
    first_surname: str
    second_surname: str
    sex: str
    birth_date: date
    birth_state: str
    curp: str


def invent_people(
    random: Random, *, count: int, born: tuple[date, date], states: Sequence[tuple[str, int]], taken: set[str]
) -> Iterator[Invented]:
    """Yield ``count`` people born between the two dates, in ``states`` (key, weight).

    Their CURPs are not in ``taken``, which they are added to.
    """
    days = (born[1] - born[0]).days
    keys, weights = [key for key, _weight in states], [weight for _key, weight in states]
    made = 0
    while made < count:
        sex = "M" if random.random() < 0.54 else "H"
        given = random.choice(WOMEN if sex == "M" else MEN)
        if random.random() < 0.22:
            other = random.choice(WOMEN if sex == "M" else MEN)
            given = f"{given} {other}" if other != given else given
        elif random.random() < 0.06:
            first = random.choice(_FIRST[sex])
            given = f"{first} {given}" if first != given else given
        facts: dict[str, Any] = {
            "given_names": given,
            "first_surname": random.choice(SURNAMES),
            "second_surname": random.choice(SURNAMES),
            "sex": sex,
            "birth_date": born[0] + timedelta(days=random.randrange(days)),
            "birth_state": random.choices(keys, weights)[0],
        }
        curp = compose_curp(**facts, serial=_LAST_HOMONYM)
        if curp in taken:
            continue
        taken.add(curp)
        made += 1
        yield Invented(**facts, curp=curp)
