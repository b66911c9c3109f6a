"""The sentences of faults of corrections and swap rounds in Spanish, by their English template."""

from __future__ import annotations

AFTER = {
    '"maximum" has no corrections: another largest answer may move anybody': '"maximum" no admite correcciones: '
    "otra respuesta máxima puede mover a cualquiera",
    '"rerun" cannot repeat choices made in person; use "extra-seats" or "waiting-list"': '"rerun" no puede repetir '
    'elecciones hechas en persona; use "extra-seats" o "waiting-list"',
    "a corrected merit already gives the position; name one of the two": "el mérito corregido ya da la posición; "
    "indique uno de los dos",
    "applicant {value} is not declared": "la persona {value} no está declarada",
    "cannot swap: what a couple prefers is a pair of posts": "no pueden intercambiar: lo que una pareja prefiere "
    "son pares de plazas",
    "corrects nothing: name merit, groups, choices or ahead_of": "no corrige nada: indique merit, groups, choices "
    "o ahead_of",
    "gives the post more than {most_seats} seats": "da a la plaza más de {most_seats} lugares",
    "has {count_value} elements; the question has {count_merit}": "tiene {count_value} elementos; la pregunta tiene "
    "{count_merit}",
    "have no corrections: a stable answer may not exist; solve the corrected question from the beginning": "no "
    "admiten correcciones: puede no existir respuesta estable; resuelva desde el principio la pregunta corregida",
    "have no corrections: who moves up changes whom a share calls next": "no admiten correcciones: quien sube cambia "
    "a quién llama después una cuota",
    "have no swap rounds: a share gives claims that merit does not show": "no admiten intercambios: una cuota da "
    "derechos que el mérito no muestra",
    "is missing; classes of the post: {known}": "falta; clases de la plaza: {known}",
    "is missing; name one of {known}": "falta; indique uno de {known}",
    "is missing; null is the end of the order": "falta; null es el final del orden",
    "is not a list with something in it": "no es una lista con algo dentro",
    "is not an object with the fields applicant and choices alone": "no es un objeto con solo los campos applicant "
    "y choices",
    "nobody stands ahead of themselves": "nadie va delante de sí",
    "post {post} does not list {ahead_of}": "la plaza {post} no incluye a {ahead_of} en su orden",
    "post {post} does not list {applicant}": "la plaza {post} no incluye a {applicant} en su orden",
    "post {post} has no order of its own; leave this field out": "la plaza {post} no tiene orden propio; quite este "
    "campo",
    "post {value} is not declared": "la plaza {value} no está declarada",
    "the field {name} is not known here; fields: {known}": "el campo {name} no se conoce aquí; campos: {known}",
    "the {fact} of {applicant} is stated twice": "el {fact} de {applicant} se indica dos veces",
    "{ahead_of} withdraws here; name the next person": "{ahead_of} renuncia aquí; indique a la persona siguiente",
    "{answer}; the answer is {published}": "{answer}; la respuesta es {published}",
    "{applicant} also withdraws here": "{applicant} también renuncia aquí",
    "{applicant} has already consented": "{applicant} ya consintió",
    "{claims} is none of {known}": "{claims} no es ninguno de {known}",
    "{consents} is not a list": "{consents} no es una lista",
    "{document} is not an object": "{document} no es un objeto",
    "{effect} is none of {known}": "{effect} no es ninguno de {known}",
    "{effect} is not built for classes of seats and regions: which class would it be?": "{effect} no existe con "
    "clases de lugares ni regiones: ¿de qué clase sería el lugar?",
    "{effect} lets somebody keep or get what a re-run would not give them": "{effect} deja que alguien conserve u "
    "obtenga lo que una repetición no le daría",
    '{element} is not an exact decimal written as text, like "92.4"': "{element} no es un decimal exacto escrito "
    'como texto, como "92.4"',
    "{format} is not {expected}": "{format} no es {expected}",
    "{kind} is none of {known}": "{kind} no es ninguno de {known}",
    "{named} is not a class of the post": "{named} no es una clase de la plaza",
    "{name} already holds this post": "{name} ya tiene esta plaza",
    "{name} holds no post to swap": "{name} no tiene plaza que intercambiar",
    "{question}; the question is {answered}": "{question}; la pregunta es {answered}",
    "{value} is already in the question; write an appeal": "{value} ya está en la pregunta; escriba una apelación",
}
