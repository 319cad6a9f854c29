"""Decodes PNG and JPEG files into upright grey films, for training and serving alike.

A film with a longest side over 2048 pixels is halved until it fits: the network sees 224 pixels and a screen
shows at most 2048, so the rest would only cost time. Both formats are halved while decoding, by averaging;
`png_rows.strips` gives a PNG's rows in full.

A file's levels are taken for those of a screen, whatever colour profile (iCCP, cICP, APP2) it carries:
X-ray systems write them so, and the network learned from such films. The one exception is a PNG whose gAMA
chunk names another exponent than a screen's 1/2.2 and that has no sRGB, iCCP or cICP chunk: browsers show it
brighter or darker than its levels, a doctor would see it so, and so does the network. Metadata is passed
over, whatever its size, and never inflated.
"""

from diagnosis.imaging.raster.decoded import DecodedFilm
from diagnosis.imaging.raster.reading import LARGEST_SIDE, decode, factor_of, read_raster, refused_in_words

__all__ = ["LARGEST_SIDE", "DecodedFilm", "decode", "factor_of", "read_raster", "refused_in_words"]
