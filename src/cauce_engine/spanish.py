"""The sentences of faults in Spanish, by their English template."""

from __future__ import annotations

from cauce_engine.after.spanish import AFTER

SPANISH = {
    "holds more than {most} lists and objects": "contiene más de {most} listas y objetos",
    "a couple's line has two people and then pairs of posts": "la línea de una pareja tiene dos personas y luego "
    "pares de plazas",
    "a parenthesis has no partner": "un paréntesis no tiene pareja",
    "a post's line has an identifier and a capacity": "la línea de una plaza tiene un identificador y sus lugares",
    "has {count} lines after its header; the header announces {expected}": "tiene {count} líneas tras el "
    "encabezado; este anuncia {expected}",
    "is empty: this file holds cases, not one market": "está vacío: este archivo tiene casos, no un mercado",
    "is no line of the suite: r, c or p, an identifier, and what belongs to it": "no es una línea del formato: "
    "r, c o p, un identificador y lo que le toca",
    "is not a header: numbers of people and of posts": "no es un encabezado: números de personas y de plazas",
    "names no alternatives": "no nombra alternativas",
    "orders that several posts share are not part of the format": "los órdenes que comparten varias plazas no "
    "son parte del formato",
    "people rank posts strictly; import with ties printed to take ties as printed": "las personas ordenan sin "
    "empates; importe con --ties printed para tomarlos como están impresos",
    "the posts' file has {count} orders for {expected} posts": "el archivo de plazas tiene {count} órdenes para "
    "{expected} plazas",
    "{name} is not the first line of this person": "{name} ya tiene otra línea",
    **AFTER,
    "{minimum} is above the target, {target}, to which the region cuts the post": "{minimum} es más que el "
    "objetivo, {target}, al que la región recorta la plaza",
    "{cap} is below the minima of its posts, {least} in all": "{cap} es menos que los mínimos de sus plazas, "
    "{least} en total",
    "{cap} is below the seats that its posts keep for groups, {kept} in all": "{cap} es menos que los lugares "
    "que sus plazas guardan para grupos, {kept} en total",
    "a choice in person goes by merit alone; use serial or stable": "una elección en persona va solo por "
    "mérito; use serial o stable",
    "has {count} shares; at most {most}": "tiene {count} cuotas; como máximo {most}",
    '"maximum" and shares settle the same ties in two ways; choose one': '"maximum" y las cuotas resuelven los '
    "mismos empates de dos modos; elija uno",
    '"maximum" is answered by serial and stable alone, without couples, classes or regions': '"maximum" lo '
    "responden solo serial y stable, sin parejas, clases ni regiones",
    '"maximum" is for small markets, up to {most} wishes; this question has {wishes}': '"maximum" es para '
    "mercados pequeños, hasta {most} opciones; esta pregunta tiene {wishes}",
    'cannot be judged with ties "maximum": weakly stable answers fill posts differently': "no se puede juzgar "
    'con empates "maximum": las respuestas débilmente estables llenan las plazas de modo distinto',
    'this market needs the package highspy for ties "maximum"': "este mercado necesita el paquete highspy para "
    'empates "maximum"',
    '"open" is the class of everybody, not a group': '"open" es la clase de todas las personas, no un grupo',
    "a couple is two different people": "una pareja son dos personas distintas",
    "an answer that is {status} places nobody": "una respuesta {status} no coloca a nadie",
    "applicant {applicant} is missing": "falta la persona {applicant}",
    "applicant {applicant} is not declared in the question": "la persona {applicant} no está en la pregunta",
    "applicant {name} is already in this order": "la persona {name} ya está en este orden",
    "applicant {name} is not declared": "la persona {name} no está declarada",
    "applicant {stranger} is not declared in the question": "la persona {stranger} no está en la pregunta",
    "are answered by the mechanism stable, without classes or regions": "se responden con el mecanismo stable, "
    "sin clases de lugares ni regiones",
    "column {at} does not hold exact decimals": "la columna {at} no tiene decimales exactos",
    "column {at} has {column} values for {size} applicants": "la columna {at} tiene {column} valores para "
    "{size} personas",
    "column {at} holds {dtype}; exact values are needed": "la columna {at} contiene {dtype}; hacen falta "
    "valores exactos",
    "contains half of a character (a lone surrogate)": "contiene medio carácter (un sustituto suelto)",
    "does not give one number of wishes for each applicant": "no da un número de opciones por persona",
    "does not have {columns} elements like the others": "no tiene {columns} elementos como los demás",
    "gives {values} numbers for {posts} posts": "da {values} números para {posts} plazas",
    "has {names} entries; a pair has two": "tiene {names} elementos; un par tiene dos",
    "has {values} elements; another applicant has {width}": "tiene {values} elementos; otra persona tiene "
    "{width}",
    "holds a number of more than 40 digits": "contiene un número de más de 40 cifras",
    "holds {choices} wishes; choice_counts adds up to {total}": "contiene {choices} opciones; choice_counts "
    "suma {total}",
    "is an empty tie": "es un empate vacío",
    "is empty; identifiers have at least one character": "está vacío; un identificador tiene al menos un carácter",
    "is larger than {largest} bytes": "ocupa más de {largest} bytes",
    "is longer than 10000 characters": "tiene más de 10000 caracteres",
    "is longer than {value} characters": "tiene más de {value} caracteres",
    "is missing": "falta",
    "is missing, and post {post} has no order of its own": "falta, y la plaza {post} no tiene orden propio",
    "is missing, while other applicants have one": "falta, y otras personas lo tienen",
    "is nested too deeply": "está anidado a demasiada profundidad",
    'is not "sha256:" followed by 64 hexadecimal digits': 'no es "sha256:" seguido de 64 cifras hexadecimales',
    "is not JSON: line {line}, column {column}: {message}": "no es JSON: línea {line}, columna {column}",
    "is not UTF-8: byte {byte} cannot be read": "no es UTF-8: el byte {byte} no se puede leer",
    "is not a class of this post": "no es una clase de esta plaza",
    "is not the SHA-256 of the seed": "no es el SHA-256 de la semilla",
    "name {names} groups; this engine keeps at most {value} apart": "nombran {names} grupos; este motor "
    "distingue como máximo {value}",
    "null is not an exact decimal": "null no es un decimal exacto",
    'only the mechanism "live" has one, not {mechanism}': 'solo el mecanismo "live" lo tiene, no {mechanism}',
    "post {name} is already in this list": "la plaza {name} ya está en esta lista",
    "post {name} is not declared": "la plaza {name} no está declarada",
    "post {post} is not declared": "la plaza {post} no está declarada",
    "post {post} is not declared in the question": "la plaza {post} no está en la pregunta",
    "post {wish} is not declared": "la plaza {wish} no está declarada",
    "region {region} is not declared": "la región {region} no está declarada",
    "the answer is to {question}, the question is {digest}": "la respuesta es a {question}; la pregunta es "
    "{digest}",
    "the answer is {document}, not an object": "la respuesta es {document}, no un objeto",
    "the class {name} is already in this list": "la clase {name} ya está en esta lista",
    "the field {name} is not known; fields: {known}": "el campo {name} no existe; campos: {known}",
    "the key {name} stands twice in the same object": "la clave {name} está dos veces en el mismo objeto",
    'the mechanism "{mechanism}" has one order for all, by merit': 'el mecanismo "{mechanism}" tiene un solo '
    "orden, el de mérito",
    'the open class has "group": null': 'la clase abierta lleva "group": null',
    "the question is {document}, not an object": "la pregunta es {document}, no un objeto",
    "the seats add up to {total}; the capacity is {capacity}": "los lugares suman {total}; la plaza tiene "
    "{capacity}",
    "this pair is already in the list": "este par ya está en la lista",
    "unused seats would go round in a circle": "los lugares sin ocupar darían vueltas en círculo",
    "{applicant} is not a class of the post": "{applicant} no es una clase de la plaza",
    "{choices} is not a list": "{choices} no es una lista",
    "{format} is not {value}": "{format} no es {value}",
    "{identifier} is already declared at {first}": "{identifier} ya está declarado en {first}",
    "{id} is already declared": "{id} ya está declarado",
    "{mechanism} is none of {known}": "{mechanism} no es ninguno de {known}",
    "{minimum} is above the capacity, {capacity}": "{minimum} es más que los lugares, {capacity}",
    "{name} has a list of its own; a couple has one list of pairs": "{name} tiene una lista propia; una pareja "
    "tiene una sola lista de pares",
    "{name} has already had a turn": "{name} ya tuvo su turno",
    "{name} is already a member of couple {member}": "{name} ya es parte de la pareja {member}",
    "{name} is already in this list": "{name} ya está en esta lista",
    "{name} is none of {known}": "{name} no es ninguna de {known}",
    "{name} is not a number of the format": "{name} no es un número del formato",
    "{name} is not declared": "{name} no está declarada",
    "{name} was called out of the order of merit": "{name} fue llamada fuera del orden de mérito",
    "{post} is not a post": "{post} no es una plaza",
    "{post} is not a post with its classes": "{post} no es una plaza con sus clases",
    "{reverts_to} is not a class of this post": "{reverts_to} no es una clase de esta plaza",
    "{row} is not an object": "{row} no es un objeto",
    "{rule} is neither flexible nor target": "{rule} no es flexible ni target",
    "{seats} is not an object; posts have classes of seats": "{seats} no es un objeto; hay plazas con clases de "
    "lugares",
    "{status} is none of {known}": "{status} no es ninguno de {known}",
    "{unique} is neither true nor false": "{unique} no es ni true ni false",
    "{value} is not a list": "{value} no es una lista",
    "{value} is not a text with something in it": "{value} no es un texto con contenido",
    "{value} is not a text; identifiers are texts": "{value} no es un texto; los identificadores son textos",
    "{value} is not a whole number": "{value} no es un número entero",
    '{value} is not an exact decimal written as text, like "92.4"': "{value} no es un decimal exacto escrito "
    'como texto, como "92.4"',
    "{value} is not an object": "{value} no es un objeto",
    "{value} is not {allowed}": "{value} no es {allowed}",
    "{value} is outside {least} to {most}": "{value} está fuera de {least} a {most}",
    "{wanted} had no seat left when it was the turn of {name}": "{wanted} ya no tenía lugar cuando fue el "
    "turno de {name}",
    "is larger than {most} bytes": "tiene más de {most} bytes",
    "is damaged: its checksum does not fit": "está dañada: su suma de comprobación no corresponde",
    "is not a file of columns: the end of a zip archive is missing": "no es un archivo de columnas: falta el final de un archivo zip",
    "is not a file of columns: its directory does not fit": "no es un archivo de columnas: su directorio no corresponde",
    "is not a file of columns: its directory is cut short": "no es un archivo de columnas: su directorio está cortado",
    "{name} cannot be the name of a column": "{name} no puede ser el nombre de una columna",
    "{name} is compressed or encrypted; columns are stored as they are": "{name} está comprimida o cifrada; las columnas se guardan tal cual",
    "{name} does not begin where the directory says": "{name} no empieza donde dice el directorio",
    "{name} is longer than the file": "{name} es más larga que el archivo",
    "is not a .npy array": "no es un arreglo .npy",
    "is not a column of whole numbers, truth values or texts": "no es una columna de números enteros, valores de verdad o textos",
    "does not have as many bytes as it declares": "no tiene tantos bytes como declara",
    "is not a column of texts": "no es una columna de textos",
    "holds bytes that are not UTF-8": "contiene bytes que no son UTF-8",
    "is not a column of whole numbers": "no es una columna de números enteros",
    "holds a number beyond 63 bits": "contiene un número de más de 63 bits",
    "is not a column of the format": "no es una columna del formato",
    "is not JSON as a column of bytes": "no es JSON en una columna de bytes",
    "has {count} numbers; {size} are needed": "tiene {count} números; hacen falta {size}",
    "holds a number that cannot be a count": "contiene un número que no puede ser una cuenta",
    "decimals are a whole number from 0 to 18": "los decimales son un número entero de 0 a 18",
    "speaks of a column that is not there": "habla de una columna que no está",
    "{number} is twice in the order of one post": "{number} está dos veces en el orden de una plaza",
    "does not count each order's levels from 0 without gaps": "no cuenta los niveles de cada orden desde 0 y sin huecos",
    "does not mark every entry that is tied": "no marca cada lugar empatado",
    "does not give one place for each of different applicants": "no da un lugar a cada una de personas distintas",
    "does not give one person for each line": "no da una persona por línea",
}
