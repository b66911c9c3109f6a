"""Figures that the public reads, each with its definition, date and source."""

from __future__ import annotations

from django.db import models


class PublishedFigure(models.Model):
    """A figure that somebody else published. ``as_of`` is what its source says, ``note`` what contradicts it."""

    code = models.SlugField(max_length=60, unique=True)
    position = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=160)
    title_en = models.CharField(max_length=160)
    value = models.DecimalField(max_digits=15, decimal_places=2)
    unit = models.CharField(max_length=20)
    as_of = models.CharField(max_length=40)
    as_of_en = models.CharField(max_length=40)
    definition = models.TextField()
    definition_en = models.TextField()
    source = models.CharField(max_length=300)
    note = models.TextField(blank=True)
    note_en = models.TextField(blank=True)

    def __str__(self) -> str:
        return self.code
