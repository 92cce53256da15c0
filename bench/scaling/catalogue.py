"""All that is measured, in the order in which it is printed."""

from scaling import rows_event_streams, rows_http, rows_subscriptions

ROWS = [*rows_event_streams.ROWS, *rows_subscriptions.ROWS, *rows_http.ROWS]
CURVES = []
