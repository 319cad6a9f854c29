"""Reads the header of a PNG or JPEG file; no pixel is decoded here.

Written by hand because this runs in the web process on hostile bytes: it seeks from block to block, never
inflates anything and stops after a fixed number of blocks.
"""

from diagnosis.imaging.header.film import FilmHeader, FilmSource
from diagnosis.imaging.header.inspection import MAX_PIXELS, MIN_SIDE, inspect
from diagnosis.imaging.header.jpeg import MAX_JUNK
from diagnosis.imaging.header.png import png_chunks

__all__ = ["MAX_JUNK", "MAX_PIXELS", "MIN_SIDE", "FilmHeader", "FilmSource", "inspect", "png_chunks"]
