"""The paginators and their registry."""

from openconnector.kinds.paginator import Paginator
from openconnector.kinds.registry import Registry
from openconnector.paginators.auto import Auto
from openconnector.paginators.cursor import CursorToken
from openconnector.paginators.link_header import LinkHeader
from openconnector.paginators.next_url import NextUrl
from openconnector.paginators.offset import Offset
from openconnector.paginators.page_number import PageNumber
from openconnector.paginators.single_page import SinglePage

PAGINATORS = Registry[Paginator](
    "paginator", Auto, SinglePage, PageNumber, Offset, LinkHeader, NextUrl, CursorToken
)
