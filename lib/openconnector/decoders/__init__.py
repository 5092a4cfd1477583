"""The decoders and their registry."""

from openconnector.decoders.csv import CsvDecoder
from openconnector.decoders.json import JsonDecoder
from openconnector.decoders.jsonl import JsonLinesDecoder
from openconnector.decoders.xlsx import XlsxDecoder
from openconnector.decoders.xml import XmlDecoder
from openconnector.kinds.decoder import Decoder
from openconnector.kinds.registry import Registry

DECODERS = Registry[Decoder](
    "decoder", JsonDecoder, XmlDecoder, CsvDecoder, JsonLinesDecoder, XlsxDecoder
)
