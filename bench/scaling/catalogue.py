"""All that is measured, in the order in which it is printed."""

from scaling import rows_http, rows_subscriptions

ROWS = [*rows_subscriptions.ROWS, *rows_http.ROWS]
CURVES = []
