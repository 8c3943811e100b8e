"""What all our routes have in common, and the page that says why not."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any, Final

from tornado.web import RequestHandler

from stripchart.flow.history import EVER
from stripchart.ui.wire import to_json

if TYPE_CHECKING:
    from stripchart.ui.context import Context
    from stripchart.ui.serving.access import Access, Refusal

_NOTICE: Final = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Stripchart</title>
<link rel="stylesheet" href="/assets/page.css">
<main class="notice"><h1>Not yet</h1><p>{message}</p>{form}</main>
"""
_FORM: Final = '<form><input name="token" type="password" placeholder="Token" autofocus><button>Open</button></form>'


class RefusalHandler(RequestHandler):
    """Answers what the guard did not let pass."""

    def initialize(self, refusal: Refusal, access: Access) -> None:
        """Take what the guard says."""
        self.refusal, self.access = refusal, access

    def prepare(self) -> None:
        """Answer, whatever the method."""
        refusal = self.refusal
        self.set_status(refusal.status)
        if refusal.location:
            secure = self.request.protocol == "https"
            self.set_cookie(self.access.cookie, refusal.cookie, httponly=True, samesite="Lax", secure=secure)
            self.set_header("Location", refusal.location)
            self.finish()
        elif "json" in self.request.headers.get("Accept", "") or self.request.path.startswith("/api/"):
            self.set_header("Content-Type", "application/json")
            self.finish(to_json({"error": refusal.message}))
        else:
            self.set_header("Content-Security-Policy", "default-src 'none'; style-src 'self'; form-action 'self'")
            self.finish(_NOTICE.format(message=escape(refusal.message), form=_FORM if refusal.wants_token else ""))


class ApiHandler(RequestHandler):
    """Common to our own routes."""

    needs_control = False
    """Whether the guard lets only visitors pass who have the control role."""
    keeps = False
    """Whether something is kept; see ``Access.judge_keeping``."""

    def initialize(self, context: Context, access: Access) -> None:
        """Take what there is to tell, and who may do what."""
        self.context = context
        self.access = access

    def reply(self, value: Any, status: int = 200) -> None:
        """Answer with JSON; NaN becomes null."""
        self.set_status(status)
        self.set_header("Content-Type", "application/json")
        self.finish(to_json(value))

    @property
    def brings_json(self) -> bool:
        """Whether the request says that its body is JSON, as no form of another page can."""
        return self.request.headers.get("Content-Type", "").partition(";")[0].strip().lower() == "application/json"

    def whole_number(self, name: str, default: int) -> int:
        """Return an argument, within what int64 holds; ``1.7e18`` is one too, as JavaScript writes it."""
        text = self.get_query_argument(name, str(default))
        try:
            number = int(text)
        except ValueError:
            number = int(float(text))
        return min(max(number, -EVER), EVER)

    def write_error(self, status_code: int, **_: Any) -> None:
        """Answer Tornado's own errors (a method that we have not, a broken argument) in JSON too."""
        self.reply({"error": self._reason}, status_code)
