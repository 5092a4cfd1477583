"""Promises about the slugs that follow from names."""

from openconnector.definitions.models import slug_of


def test_a_slug_follows_from_the_letters_of_a_name():
    assert slug_of("Zaken (oud), café") == "zaken-oud-cafe"


def test_names_without_latin_letters_get_slugs_of_their_own():
    assert slug_of("Дела") != slug_of("Документы")
    assert slug_of("Дела") == slug_of("Дела")
    assert slug_of("Дела").startswith("unnamed-")
