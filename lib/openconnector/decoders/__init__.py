"""The decoders and their registry."""

from openconnector.decoders.json import JsonDecoder
from openconnector.decoders.xml import XmlDecoder
from openconnector.kinds.decoder import Decoder
from openconnector.kinds.registry import Registry

DECODERS = Registry[Decoder]("decoder", JsonDecoder, XmlDecoder)
