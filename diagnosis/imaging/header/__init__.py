"""Reads the header of a PNG or JPEG file; no pixel is decoded here.

Written by hand because this runs in the web process on hostile bytes: it seeks from block to block, never
inflates anything and stops after a fixed number of blocks and scans. Metadata is passed over, whatever its
size.
"""

from diagnosis.imaging.header.film import FilmHeader, FilmSource, JpegLayout, PngLayout, Span
from diagnosis.imaging.header.inspection import MAX_PIXELS, MIN_SIDE, inspect, layout
from diagnosis.imaging.header.jpeg import MAX_JUNK, MAX_SCANS, MAX_SEGMENTS
from diagnosis.imaging.header.png import MAX_CHUNKS, MAX_OTHER_CHUNKS, cut_off, png_chunks

__all__ = [
    "MAX_CHUNKS",
    "MAX_JUNK",
    "MAX_OTHER_CHUNKS",
    "MAX_PIXELS",
    "MAX_SCANS",
    "MAX_SEGMENTS",
    "MIN_SIDE",
    "FilmHeader",
    "FilmSource",
    "JpegLayout",
    "PngLayout",
    "Span",
    "cut_off",
    "inspect",
    "layout",
    "png_chunks",
]
