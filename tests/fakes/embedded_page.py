"""Nextcloud's page around an ExApp's menu entry, built from one recorded on a 32.0.1: markup, policy, globals.

Core's own scripts and style sheets are not here. In their place stand the globals that the libraries of a page read,
and the rules of core's sheets that are known to reach into a page.
"""

import base64
import json
from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.types import Receive, Scope, Send

from tests.fakes.nextcloud import FakeNextcloud
from tests.fakes.php_proxy import NEVER, PAGE, PhpProxy

NONCE = "bm9uY2UtZm9yLXRoaXMtdGVzdA=="

POLICY = (
    "default-src 'none';base-uri 'none';manifest-src 'self';"
    "script-src 'nonce-{nonce}' {host} 'unsafe-eval' 'unsafe-inline';"
    "script-src-elem 'strict-dynamic' 'nonce-{nonce}' {host} 'unsafe-eval' 'unsafe-inline';"
    "style-src 'self' 'unsafe-inline';img-src 'self' data: blob: https://*.tile.openstreetmap.org;"
    "font-src 'self' data:;connect-src 'self';media-src 'self';frame-src 'self' {host};"
    "frame-ancestors 'self';form-action 'self'"
)

TEMPLATE = Environment(autoescape=True).from_string("""\
<!DOCTYPE html>
<html class="ng-csp" data-placeholder-focus="false" lang="{{ language }}" data-locale="{{ language }}" translate="no">
<head data-user="{{ user }}" data-user-displayname="{{ user }}" data-requesttoken="r3quest:t0ken">
<meta charset="utf-8">
<title>Nextcloud</title>
<meta name="csp-nonce" nonce="{{ nonce }}">
<meta name="viewport" content="width=device-width, initial-scale=1.0, minimum-scale=1.0">
<link rel="icon" href="/core/img/favicon.ico">
<link rel="stylesheet" href="/apps/theming/css/default.css?v=bbcb3326-0">
<link rel="stylesheet" href="/core/css/server.css?v=bbcb3326-0">
{% for path in styles %}<link rel="stylesheet" href="{{ proxy }}/{{ path }}.css?v=bbcb3326-0">
{% endfor %}
<script nonce="{{ nonce }}" defer src="/index.php/core/js/oc.js?v=bbf53f40-0"></script>
{% for path in scripts %}<script nonce="{{ nonce }}" defer src="{{ proxy }}/{{ path }}.js?v=bbf53f40-0"></script>
{% endfor %}
</head>
<body id="body-user">
{% for key, value in state.items() %}<input type="hidden" id="initial-state-{{ key }}" value="{{ value }}">
{% endfor %}
<div id="skip-actions">
<a href="#app-content" class="button primary skip-navigation skip-content">Skip to main content</a>
<a href="#app-navigation" class="button primary skip-navigation">Skip to navigation of app</a>
</div>
<header id="header">
<nav aria-label="Applications menu"><a href="/apps/files/">Files</a>
<a href="{{ here }}" aria-current="page">{{ entry }}</a></nav>
</header>
<div id="content" class="app-app_api">
<h1 class="hidden-visually">Nextcloud</h1>
<div id="content">
</div>
</div>
</body>
</html>
""")

GLOBALS = """\
var _oc_webroot = "", _oc_appswebroots = {"app_api": "/apps/app_api"}, _oc_debug = false;
var OC = {
  config: {modRewriteWorking: false, version: "32.0.1.2", versionstring: "32.0.1"},
  requestToken: document.head.dataset.requesttoken, webroot: _oc_webroot,
  getLanguage: function () { return document.documentElement.lang },
  isUserAdmin: function () { return document.head.dataset.user === "admin" },
  filePath: function (app, type, file) { return "/apps/" + app + "/" + type + "/" + file },
};
var OCA = {}, OCP = {};
"""

LAYOUT = """\
:root { --header-height: 50px; --body-container-margin: 8px; --body-container-radius: 16px;
  --body-height: calc(100% - var(--header-height) - 8px); }
html, body { block-size: 100%; margin: 0; overflow: hidden; position: absolute; inline-size: 100%; }
body { background: #00679e linear-gradient(40deg, #0082c9, #30b6ff); }
#header { position: absolute; inset: 0 0 auto; block-size: var(--header-height); z-index: 2000; }
#header a { color: #fff; background: #003b5c; padding: 0 12px; line-height: var(--header-height); }
#content { box-sizing: border-box; position: static; display: flex; overflow: hidden; padding: 0;
  inline-size: calc(100% - var(--body-container-margin) * 2); block-size: var(--body-height);
  margin: var(--header-height) var(--body-container-margin) var(--body-container-margin);
  border-radius: var(--body-container-radius); }
#skip-actions { position: absolute; overflow: hidden; z-index: 9999; inset-block-start: -999px; }
#skip-actions:focus-within { inset-block-start: var(--header-height); }
ol li { list-style: decimal; }
div[contenteditable=true] { margin: 3px; padding: 7px 6px; border: 2px solid var(--color-border-maxcontrast); }
"""
"""Core's frame around a page, and rules of core that apply within it."""

COLOURS = Path(__file__).parents[2] / "templates/page/page.css"
"""Nextcloud's own values, as the standalone page has them."""


class EmbeddedPages:
    """Nextcloud as a browser meets it: pages of menu entries, everything else as `PhpProxy` answers it."""

    def __init__(self, nextcloud: FakeNextcloud) -> None:
        self.proxy = PhpProxy(nextcloud)
        self._nextcloud = nextcloud
        self._app = Starlette(
            routes=[
                Route("/index.php/apps/app_api/embedded/{app}/{name}", self._page),
                Route("/index.php/apps/app_api/embedded/{app}/{name}/{other:path}", self._page),
                Route("/index.php/core/js/oc.js", _script),
                Route("/apps/theming/css/default.css", _colours),
                Route("/core/css/server.css", _layout),
                Route("/core/img/favicon.ico", _nothing),
                Mount("/", self.proxy),
            ]
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)

    async def _page(self, request: Request) -> Response:
        user, here = self.proxy.visitors.who(request), request.url.path
        if not user and "text/html" not in request.headers.get("accept", ""):
            return JSONResponse({"message": "Current user is not logged in"}, 401)
        if not user:
            return RedirectResponse(f"/login?redirect_url={quote(here)}", 303)
        app, name = request.path_params["app"], request.path_params["name"]
        entry = self._nextcloud.menu.get(name)
        if app != self._nextcloud.app_id or entry is None or not self._nextcloud.is_enabled:
            return Response(PAGE, 404, media_type="text/html")
        text = TEMPLATE.render(
            language=self._nextcloud.languages.get(user, "en"),
            user=user,
            nonce=NONCE,
            here=here,
            entry=entry["display_name"],
            # AppAPI drops the web root here, so it is the same in every installation.
            proxy=f"/index.php/apps/app_api/proxy/{app}",
            scripts=self._resources("script", name),
            styles=self._resources("style", name),
            state={"core-capabilities": _encoded({"core": {"pollinterval": 60}})},
        )
        policy = POLICY.format(nonce=NONCE, host=request.url.netloc)
        headers = {"Content-Security-Policy": policy, "Cache-Control": NEVER}
        return Response(text, headers=headers, media_type="text/html")

    def _resources(self, kind: str, name: str) -> list[str]:
        """Return what AppAPI was told to load on the page, without the ending that it puts back."""
        place = f"top_menu/{name}/"
        registered = sorted(self._nextcloud.resources[kind])
        return [path.removeprefix(place) for path in registered if path.startswith(place)]


def _encoded(state: object) -> str:
    return base64.b64encode(json.dumps(state).encode()).decode()


async def _script(_request: Request) -> Response:
    return Response(GLOBALS, media_type="text/javascript")


async def _colours(_request: Request) -> Response:
    return Response(COLOURS.read_text(), media_type="text/css")


async def _layout(_request: Request) -> Response:
    return Response(LAYOUT, media_type="text/css")


async def _nothing(_request: Request) -> Response:
    return PlainTextResponse("")
