"""How alike two names of fields are: by their words, whatever their case, language and order."""

import re
from functools import lru_cache
from typing import Final

from rapidfuzz.distance import JaroWinkler, Levenshtein

WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
"""A word of `firstName`, `first_name`, `first-name`, `FIRST NAME` or `URLOfPage`."""

SYNONYMS: Final[dict[str, str]] = {
    "active": "actief enabled",
    "addition": "toevoeging suffix",
    "address": "adres addr",
    "amount": "bedrag total totaal sum",
    "attachment": "bijlage attachments bijlagen",
    "author": "auteur creator schrijver",
    "birth": "geboorte born geboren",
    "bsn": "burgerservicenummer",
    "case": "zaak",
    "category": "categorie rubriek",
    "child": "kind children kinderen",
    "city": "plaats woonplaats stad town plaatsnaam gemeente",
    "code": "kode",
    "colour": "color kleur",
    "company": "bedrijf onderneming",
    "contact": "contactpersoon",
    "country": "land",
    "created": "aangemaakt creatie registration registratie",
    "customer": "klant client",
    "date": "datum dt",
    "description": "omschrijving beschrijving desc",
    "document": "documenten documents informatieobject",
    "email": "mail emailadres mailadres",
    "end": "eind einde until tot",
    "explanation": "toelichting opmerking remark comment note notes opmerkingen remarks comments",
    "file": "bestand bestandsnaam filename",
    "first": "voor voorste given",
    "gender": "geslacht sex geslachtsaanduiding",
    "house": "huis",
    "id": "identifier identificatie identification kenmerk",
    "image": "afbeelding foto photo picture",
    "initials": "voorletters",
    "invoice": "factuur",
    "language": "taal",
    "last": "achter family",
    "latitude": "lat breedtegraad",
    "link": "url uri website href koppeling web",
    "location": "locatie plek",
    "longitude": "lon lng long lengtegraad",
    "modified": "gewijzigd updated changed wijziging",
    "municipality": "gem",
    "name": "naam titel title label",
    "number": "nummer nr no num",
    "order": "bestelling",
    "organisation": "organisatie organization org",
    "owner": "eigenaar",
    "parent": "ouder",
    "person": "persoon people personen",
    "phone": "telefoon tel telephone mobiel mobile telefoonnummer phonenumber",
    "postcode": "zip zipcode postal postalcode",
    "price": "prijs cost kosten",
    "product": "artikel item",
    "public": "openbaar",
    "published": "publicatie gepubliceerd publication",
    "quantity": "aantal qty count",
    "reference": "referentie ref",
    "result": "resultaat outcome",
    "role": "rol",
    "school": "onderwijsinstelling",
    "size": "grootte omvang",
    "start": "begin from vanaf",
    "state": "status toestand",
    "street": "straat straatnaam streetname",
    "subject": "onderwerp",
    "summary": "samenvatting",
    "supplier": "leverancier vendor",
    "surname": "achternaam geslachtsnaam lastname familienaam",
    "tag": "tags trefwoord trefwoorden label",
    "time": "tijd",
    "type": "soort kind aard",
    "user": "gebruiker",
    "value": "waarde",
    "year": "jaar",
}
"""Word -> others that mean the same, most of them Dutch; the words of governments and shops."""

PHRASES: Final[dict[tuple[str, ...], tuple[str, ...]]] = {
    ("first", "name"): ("firstname",),
    ("voor", "naam"): ("firstname",),
    ("voornaam",): ("firstname",),
    ("voornamen",): ("firstname",),
    ("given", "name"): ("firstname",),
    ("last", "name"): ("surname",),
    ("family", "name"): ("surname",),
    ("achter", "naam"): ("surname",),
    ("e", "mail"): ("email",),
    ("postal", "code"): ("postcode",),
    ("zip", "code"): ("postcode",),
    ("post", "code"): ("postcode",),
    ("phone", "number"): ("phone",),
    ("email", "address"): ("email",),
    ("street", "name"): ("street",),
    ("file", "name"): ("file",),
    ("house", "no"): ("house", "number"),
    ("identification", "number"): ("id",),
    ("date", "of", "birth"): ("birth", "date"),
    ("dob",): ("birth", "date"),
}
"""Words that together mean something of their own."""

FILLERS: Final = frozenset({"of", "the", "van", "de", "het", "een", "a", "is", "has", "en", "and"})
"""Words that say nothing."""

GENERAL: Final = frozenset({"name", "number", "code", "date", "id", "type", "value", "description"})
"""Words that many names share; they count half."""

CLOSE: Final = 0.82
"""Words that are less alike than this are different words."""

SHORT_WORD: Final = 3
"""Shorter words are only alike when they are the same."""

_CONCEPTS: Final = {
    word: concept for concept, words in SYNONYMS.items() for word in (concept, *words.split())
}
_KNOWN: Final = sorted((word for word in _CONCEPTS if len(word) > SHORT_WORD), key=len)[::-1]


@lru_cache(maxsize=4096)
def words_of(name: str) -> tuple[str, ...]:
    """Return the words of a name, each as the concept it stands for: `geboorteDatum` gives birth, date."""
    parts = [word.lower() for word in WORD.findall(name)]
    found = _phrases([piece for part in parts for piece in _pieces(part)])
    return tuple(word for word in found if word not in FILLERS) or tuple(parts)


def _pieces(word: str) -> list[str]:
    """Return the parts of a compound such as `straatnaam`, if every part of it is known."""
    if (word,) in PHRASES or word in _CONCEPTS or len(word) <= SHORT_WORD:
        return [word]
    return _parted(word) or [word]


def _parted(word: str) -> list[str]:
    for known in _KNOWN:
        if word == known:
            return [word]
        if word.startswith(known):
            rest = word[len(known) :]
            for tail in dict.fromkeys((rest, rest.removeprefix("s"))):
                if pieces := _parted(tail):
                    return [known, *pieces]
    return []


def _phrases(words: list[str]) -> list[str]:
    found: list[str] = []
    at = 0
    while at < len(words):
        for length in (3, 2, 1):
            piece = tuple(words[at : at + length])
            told = PHRASES.get(piece) or PHRASES.get(tuple(map(_concept, piece)))
            if told:
                found += told
                at += length
                break
        else:
            found.append(_concept(words[at]))
            at += 1
    return found


def _concept(word: str) -> str:
    """Return the concept of a word, of its singular if that is known."""
    for form in (word, word.removesuffix("s"), word.removesuffix("en"), word.removesuffix("es")):
        if form in _CONCEPTS:
            return _CONCEPTS[form]
    return word


@lru_cache(maxsize=65536)
def likeness(one: tuple[str, ...], other: tuple[str, ...]) -> float:
    """Return how alike two lists of words are, from 0 to 1, whatever their order."""
    if not one or not other:
        return 0.0
    left = list(other)
    shared = 0.0
    for word in sorted(one, key=lambda word: (word in GENERAL, word)):
        best = max(left, key=lambda candidate: word_likeness(word, candidate), default=None)
        if best is None or (alike := word_likeness(word, best)) == 0:
            continue
        left.remove(best)
        shared += alike * (_weight(word) + _weight(best))
    return shared / sum(map(_weight, (*one, *other)))


@lru_cache(maxsize=16384)
def word_likeness(one: str, other: str) -> float:
    """Return how alike two words are; 0 for different ones."""
    if one == other:
        return 1.0
    if min(len(one), len(other)) <= SHORT_WORD:
        return 0.0
    alike = (
        JaroWinkler.normalized_similarity(one, other)
        + Levenshtein.normalized_similarity(one, other)
    ) / 2
    return alike if alike >= CLOSE else 0.0


def _weight(word: str) -> float:
    return 0.5 if word in GENERAL or word.isdecimal() else 1.0
