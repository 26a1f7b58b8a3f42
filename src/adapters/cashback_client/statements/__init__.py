"""Reading the provider's statement: over HTTP, page by page, piece by piece, line by line.

`GET <base>/statement?from=` answers a JSON object; docs/statement.md tells its form.
"""

from adapters.cashback_client.statements.client import StatementClient, StatementLimits

__all__ = ["StatementClient", "StatementLimits"]
