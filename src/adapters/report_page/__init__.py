"""The report as one page of HTML that asks nobody for anything: no host, no script, no picture.

`render` draws it (a `DrawReport` of the core), `POLICY` is the content security policy that it
holds itself to, which a server sends along.
"""

from adapters.report_page.page import render
from adapters.report_page.style import POLICY

__all__ = ["POLICY", "render"]
